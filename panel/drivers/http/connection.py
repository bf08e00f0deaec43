"""An open connection to a mail API that sends parcels one after another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from panel.domain import http_outcomes
from panel.domain.outcome import Outcome, Stage
from panel.drivers.contract import Account, Gate, Parcel, Upcoming, nobody
from panel.drivers.http.client import HttpClient, always
from panel.drivers.http.exchange import Answer, Request
from panel.drivers.http.minutes import transcript
from panel.drivers.http.vendor import Letter, Vendor
from panel.drivers.http.verdict import IN_TURN, Judge
from panel.drivers.mail import CannotCarry, Mail, read_mail
from panel.drivers.tls import certificate_end
from panel.drivers.trouble import Trouble

REPEATS = 2
"""So often a call with an idempotency key is made once more when its answer is lost."""

Reopen = Callable[[], Coroutine[Any, Any, HttpClient | Trouble]]


class ApiConnection:
    """Implements `panel.drivers.contract.Connection` for one vendor's API."""

    def __init__(
        self, client: HttpClient, vendor: Vendor, account: Account, *, prefix: str, reopen: Reopen
    ) -> None:
        """`prefix` is the path of the base URL; `reopen` makes a new connection like this one."""
        self._client = client
        self._vendor = vendor
        self._account = account
        self._prefix = prefix
        self._reopen = reopen
        self._judge = Judge(vendor, vendor.secrets(account))
        self._is_watched = False

    @property
    def is_usable(self) -> bool:
        """Whether another parcel may be sent over it."""
        return self._client.is_usable

    @property
    def announced(self) -> Parcel | None:
        """Nothing is ever announced over HTTP."""
        return None

    @property
    def largest_size(self) -> int | None:
        """What the vendor says it takes, in octets."""
        return self._vendor.largest_size

    @property
    def certificate_ends_at(self) -> datetime | None:
        """When the server's certificate ends; None in clear text."""
        return certificate_end(self._client.transport)

    async def send(
        self, parcel: Parcel, gate: Gate, upcoming: Upcoming = nobody
    ) -> tuple[Outcome, ...]:
        """One outcome per recipient of the parcel, in their order.

        As many recipients as one call carries; the others are to be offered again.
        """
        del upcoming
        self._is_watched = parcel.is_watched
        try:
            mail, carried = _share(parcel, self._vendor)
            request = self._request(mail, replace(parcel, recipients=carried))
        except CannotCarry as error:
            return (_cannot_carry(str(error)),) * len(parcel.recipients)
        except ValueError as error:
            return (_cannot_carry(f"It cannot be written down: {error}"),) * len(parcel.recipients)
        outcomes = await self._carry(request, carried, gate)
        told = dict(zip(carried, outcomes, strict=True))
        rest = http_outcomes.outcome(http_outcomes.rule(IN_TURN), detail=_IN_TURN)
        return tuple(told.get(recipient, rest) for recipient in parcel.recipients)

    async def close(self) -> None:
        """Never raises."""
        await self._client.close()

    def _request(self, mail: Mail | None, parcel: Parcel) -> Request:
        letter = Letter(mail, parcel, self._account, key=_key(parcel))
        request = self._vendor.request(letter)
        now = datetime.now(UTC)
        return self._vendor.ready(request, self._account, prefix=self._prefix, at=now)

    async def _carry(
        self, request: Request, recipients: tuple[str, ...], gate: Gate
    ) -> tuple[Outcome, ...]:
        is_reused = self._client.is_reused
        told = await self._client.exchange(request, gate)
        calls = [told]
        if self._vendor.is_idempotent:
            told = await self._repeated(request, calls)
        if isinstance(told, Trouble):
            outcome = self._judge.trouble(told, is_reused=is_reused)
            return self._told((outcome,) * len(recipients), request, calls)
        outcomes = self._judge.outcomes(told, recipients, now=datetime.now(UTC))
        return self._told(outcomes, request, calls)

    def _told(
        self, outcomes: tuple[Outcome, ...], request: Request, calls: list[Answer | Trouble]
    ) -> tuple[Outcome, ...]:
        if not self._is_watched and all(outcome.is_sent for outcome in outcomes):
            return outcomes
        text = transcript(request, calls, secrets=self._vendor.secrets(self._account))
        return tuple(
            replace(outcome, transcript=text)
            if self._is_watched or not outcome.is_sent
            else outcome
            for outcome in outcomes
        )

    async def _repeated(self, request: Request, calls: list[Answer | Trouble]) -> Answer | Trouble:
        """The same call with the same key settles what happened to the one before.

        Adds to `calls` what was answered.
        """
        told = calls[0]
        for _ in range(REPEATS):
            if not _is_in_doubt(told):
                return told
            client = self._client if self._client.is_usable else await self._reopen()
            if isinstance(client, Trouble):
                return told
            self._client = client
            again = await client.exchange(request, always)
            calls.append(again)
            if _settles(again):
                return again
        return told


_IN_TURN = "One call carries fewer recipients"


def _is_in_doubt(told: Answer | Trouble) -> bool:
    if isinstance(told, Trouble):
        return told.stage is Stage.FINAL
    return told.status >= 500 and told.status != 503


def _settles(again: Answer | Trouble) -> bool:
    """A yes is about the first call as well, and so is a conflict; any other no may not be."""
    return isinstance(again, Answer) and (again.status < 300 or again.status == 409)


def _share(parcel: Parcel, vendor: Vendor) -> tuple[Mail | None, tuple[str, ...]]:
    """What one call carries: so many recipients, and one who may be shown as To."""
    recipients = parcel.recipients
    if vendor.takes_whole_mails:
        return None, recipients[: vendor.most_recipients]
    mail = read_mail(parcel)
    if not mail.to and not mail.cc:
        # Several hidden recipients must not see each other: one call for each.
        first = mail.bcc[:1]
        return replace(mail, to=first, bcc=()), (first[0].email,)
    left, copies = vendor.most_recipients, vendor.most_copies
    to, cc = mail.to[:left], mail.cc[:copies][: max(left - len(mail.to), 0)]
    bcc = mail.bcc[:copies][: max(left - len(to) - len(cc), 0)]
    if not to:
        to, cc = cc[:1], cc[1:]
    carried = {box.email for box in (*to, *cc, *bcc)}
    kept = tuple(each for each in recipients if each in carried)
    return replace(mail, to=to, cc=cc, bcc=bcc), kept


def _key(parcel: Parcel) -> str:
    digest = hashlib.sha256()
    for part in (parcel.header, parcel.body[:], *map(str.encode, sorted(parcel.recipients))):
        digest.update(len(part).to_bytes(8))
        digest.update(part)
    return digest.hexdigest()


def _cannot_carry(why: str) -> Outcome:
    row = http_outcomes.rule("api_cannot_carry")
    return http_outcomes.outcome(row, detail=why, stage=Stage.ROUTE)
