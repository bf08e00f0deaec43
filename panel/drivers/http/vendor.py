"""What the file of one vendor declares: how its API wants a mail, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.domain.provider import ProviderType
from panel.drivers.contract import Account, Parcel
from panel.drivers.description import BASE_URL, DriverDescription, DriverKind, ExtraSetting
from panel.drivers.http.exchange import Answer, Request
from panel.drivers.mail import Mail

VENDOR_TYPES = frozenset({ProviderType.API_SMTP, ProviderType.CRM_API_SMTP})


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is to be sent by one call, and how the account wants it."""

    pieces: Mail | None
    """None where the API takes whole mails: those are not taken apart."""
    parcel: Parcel
    """The mail as bytes, for its recipients."""
    account: Account
    key: str
    """For an idempotency key: the same for the same mail to the same recipients, else another."""

    @property
    def mail(self) -> Mail:
        """The pieces of the mail."""
        if self.pieces is None:
            raise AssertionError("An API that takes whole mails has no use for pieces.")
        return self.pieces


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer says, as the vendor has it."""

    name: str = ""
    """Its own code or name of an error."""
    text: str = ""
    reference: str = ""
    """The id under which it took the mail."""
    blamed: Mapping[str, str] = field(default_factory=dict)
    """Recipients (as in the envelope) that it refuses, each with the name of its row."""
    retry_after_s: int | None = None
    references: Mapping[str, str] = field(default_factory=dict)
    """Where each recipient (as in the envelope) has an id of its own."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check of the live test came to; `rule` names the row of the outcome table."""

    status: StepStatus
    detail: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """A step of the live test: a question that sends nothing, and what its answer means."""

    name: str
    """`authenticate`, `domain`, `sender`, `credits`, …"""
    ask: Callable[[Account], Request | None]
    """None where the settings give no reason to ask."""
    find: Callable[[Answer, Account], Finding | None]
    """None: the answer means what it means when a mail is sent."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's API. Its functions are pure: they neither wait nor ask anybody."""

    name: str
    label: str
    site: Callable[[Mapping[str, str]], str]
    """The base URL of the API for some settings."""
    request: Callable[[Letter], Request]
    """The call that sends; its path begins after the base URL. Raises CannotCarry."""
    read: Callable[[Answer, Sequence[str]], Said]
    """What an answer says, for these recipients."""
    meanings: tuple[Meaning, ...]
    """What its errors stand for; the first that fits wins, the status code decides the rest."""
    checks: tuple[Check, ...]
    """The first one is `authenticate`."""
    secrets: Callable[[Account], tuple[str, ...]]
    """In which forms the key goes over the wire: to be masked wherever they come back."""
    settings: tuple[ExtraSetting, ...] = ()
    fields: frozenset[str] = frozenset({"verify_certificate"})
    most_recipients: int = 50
    """Of one call."""
    most_copies: int | None = None
    """Of Cc, and of Bcc, in one call."""
    largest_size: int | None = None
    """Octets of a mail that it takes."""
    is_idempotent: bool = False
    """A call with the same key is carried out once, however often it is made."""
    takes_whole_mails: bool = False
    """It gets the bytes of the mail: To is what they say, and every recipient may be hidden."""
    sign: Callable[[Request, Account, datetime], Request] | None = None
    """The last thing that is done to a request, at the moment it is made: its path is whole."""
    fitted: Callable[[Vendor, Account], Vendor] | None = None
    """Where answers are read by the settings: this vendor as an account has it."""

    def of(self, account: Account) -> Vendor:
        """The vendor as the account's settings have it."""
        return self.fitted(self, account) if self.fitted is not None else self

    def ready(self, request: Request, account: Account, *, prefix: str, at: datetime) -> Request:
        """A request as it goes out: below the path of the base URL, and signed if that is asked."""
        whole = replace(request, path=prefix + request.path)
        return self.sign(whole, account, at) if self.sign is not None else whole

    @property
    def description(self) -> DriverDescription:
        """What forms and lists need to know."""
        return DriverDescription(
            self.name,
            self.label,
            DriverKind.API,
            VENDOR_TYPES,
            settings=(*self.settings, BASE_URL),
            fields=self.fields,
            site=self.site,
        )


def shown_in(text: str, recipients: Sequence[str]) -> tuple[str, ...]:
    """The recipients that a text names; for vendors that say in words whom they refuse."""
    return tuple(each for each in recipients if _is_named(each, text))


def _is_named(address: str, text: str) -> bool:
    """Not as a part of a longer address."""
    whole = rf"(?<![\w.+-]){re.escape(address)}(?![\w-]|\.\w)"
    return re.search(whole, text, re.IGNORECASE) is not None
