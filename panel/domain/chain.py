"""The chain of a mail: which providers may carry it, in which order, and why others may not.

One pure function, used by the sender and by every screen that explains it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from panel.domain.breaker import CLOSED, Breaker, BreakerState
from panel.domain.delivery import Stream
from panel.domain.provider import ProviderType, ServiceType
from panel.domain.sender_rule import Mailbox, sender


class Skip(StrEnum):
    """Why a provider does not carry a mail now."""

    NOT_ACTIVE = "not_active"
    OTHER_STREAM = "other_stream"
    HOUSE_NOT_ALLOWED = "house_not_allowed"
    DRILL = "drill"
    """The mail is a failover drill that treats it as down; no other mail is concerned."""
    DISABLED = "disabled"
    """Put aside until a person edits or tests it."""
    BREAKER_OPEN = "breaker_open"
    SENDER_REFUSED = "sender_refused"
    SECRET_UNREADABLE = "secret_unreadable"
    TOO_LARGE = "too_large"
    BUDGET = "budget"


LASTING_SKIPS = frozenset({Skip.NOT_ACTIVE, Skip.OTHER_STREAM, Skip.HOUSE_NOT_ALLOWED, Skip.DRILL})
"""Skips that follow from the settings, or from what the mail is: such a provider does not count."""
REFUSING_SKIPS = frozenset({Skip.SENDER_REFUSED, Skip.TOO_LARGE})
"""Skips that stand for a refusal of the mail; the rest pass with time or by a person's action."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A provider as the chain sees it."""

    id: int
    name: str
    partner_id: int | None
    type: ProviderType
    service_type: ServiceType
    streams: frozenset[Stream]
    """Empty: every stream."""
    is_active: bool
    mailbox: Mailbox
    """Its own From."""
    domains: frozenset[str] = frozenset()
    breaker: Breaker = CLOSED
    has_readable_secret: bool = True
    is_within_budget: bool = True
    refused_senders: frozenset[str] = frozenset()
    largest_size: int | None = None
    """SIZE that it last announced."""

    def serves(self, stream: Stream) -> bool:
        """Whether its settings let it carry this kind of mail."""
        return serves(self.type, self.streams, stream)


@dataclass(frozen=True, slots=True)
class MailTraits:
    """What of a mail decides its chain."""

    stream: Stream
    partner_id: int | None
    from_email: str
    """Empty when the provider's own is used."""
    size: int
    may_use_house: bool = True
    first_provider_id: int | None = None
    """The provider that must be tried first (greylisting)."""
    is_copy: bool = False
    """It may be out already through `first_provider_id`: nobody else may carry it."""
    down_provider_id: int | None = None
    """The provider that a failover drill treats as down."""


@dataclass(frozen=True, slots=True)
class Link:
    """One provider of the chain; `skip` is None where it may be tried."""

    provider_id: int
    name: str
    skip: Skip | None


def chain(candidates: Iterable[Candidate], mail: MailTraits, *, now: datetime) -> tuple[Link, ...]:
    """All providers that could be thought of, in the order they are tried, skips explained.

    `candidates` are in list order. The partner's own come first, then the house's; primaries
    before fallbacks; the provider that greylisted the mail before all others. A copy has no
    other provider than the one that may have sent it already.
    """
    own = [item for item in candidates if _counts(item, mail)]
    ordered = sorted(own, key=lambda item: _rank(item, mail))
    return tuple(Link(item.id, item.name, skip(item, mail, now=now)) for item in ordered)


def serves(kind: ProviderType, streams: Collection[str], stream: Stream) -> bool:
    """Whether a provider of this type, for these streams, may carry mail of `stream`.

    Without any streams of its own it carries all; the CRM type never carries anything else.
    """
    if kind is ProviderType.CRM_API_SMTP and stream is not Stream.CRM:
        return False
    return not streams or stream in streams


def usable(links: Iterable[Link]) -> tuple[int, ...]:
    """The ids of the providers that may be tried, in order."""
    return tuple(link.provider_id for link in links if link.skip is None)


def skip(item: Candidate, mail: MailTraits, *, now: datetime) -> Skip | None:
    """Why this provider does not carry the mail now; None when it may be tried."""
    return next((reason for reason, applies in _reasons(item, mail, now) if applies), None)


def _counts(item: Candidate, mail: MailTraits) -> bool:
    if item.partner_id not in (mail.partner_id, None):
        return False
    is_bound = mail.is_copy and mail.first_provider_id is not None
    return not is_bound or item.id == mail.first_provider_id


def _rank(item: Candidate, mail: MailTraits) -> tuple[bool, bool, bool]:
    return (
        item.id != mail.first_provider_id,
        item.partner_id != mail.partner_id,
        item.service_type is not ServiceType.PRIMARY,
    )


def _reasons(item: Candidate, mail: MailTraits, now: datetime) -> tuple[tuple[Skip, bool], ...]:
    is_of_house = item.partner_id != mail.partner_id
    disabled = item.breaker.state is BreakerState.DISABLED
    largest = item.largest_size
    return (
        (Skip.NOT_ACTIVE, not item.is_active),
        (Skip.OTHER_STREAM, not item.serves(mail.stream)),
        (Skip.HOUSE_NOT_ALLOWED, is_of_house and not mail.may_use_house),
        (Skip.DRILL, item.id == mail.down_provider_id),
        (Skip.DISABLED, disabled),
        (Skip.BREAKER_OPEN, not item.breaker.is_usable(now)),
        (Skip.SENDER_REFUSED, sender_at(item, mail).email in item.refused_senders),
        (Skip.SECRET_UNREADABLE, not item.has_readable_secret),
        (Skip.TOO_LARGE, largest is not None and mail.size > largest),
        (Skip.BUDGET, not item.is_within_budget),
    )


def sender_at(item: Candidate, mail: MailTraits) -> Mailbox:
    """The From that the mail would leave with at this provider."""
    chosen = sender(mail.from_email, provider_from=item.mailbox, domains=item.domains)
    return chosen.mailbox
