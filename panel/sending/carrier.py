"""One connection to a provider, and the mails that go over it one after another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from panel.domain.delivery import Phase
from panel.domain.outcome import Fault, Move, Outcome, Stage
from panel.domain.smtp_outcomes import classify
from panel.drivers import registry
from panel.drivers.contract import Account, Connection, Parcel
from panel.sending.admission import Admission, admit, end_probe, return_allowance
from panel.sending.attempt import conclude
from panel.sending.offer import Carried, Offer
from panel.storage.queue import health

if TYPE_CHECKING:
    from panel.sending.line import Line


class Carrier:
    """Sends until its line has nothing more for it. While a mail's end goes out it already names
    the next one, so that each mail costs one round trip.
    """

    def __init__(self, line: Line) -> None:
        self.is_ordinary = False
        """What it carries is not system mail."""
        self.is_stale = False
        """Its connection has rested too long."""
        self._line = line
        self._desk = line.desk
        self._connection: Connection | None = None
        self._account: Account | None = None
        self._next: Offer | None = None
        """Was named to the server already."""

    @property
    def is_connected(self) -> bool:
        """Whether it has found the way to the provider; a mail may be on it."""
        return self._connection is not None

    async def run(self) -> None:
        """Ends when the line lets it go; what it still holds then is told so."""
        try:
            while (offer := self._next or await self._line.next_for(self)) is not None:
                self._next = None
                await self._carry(offer)
        finally:
            if self._next is not None:
                self._line.done(self._next)
                self._next.turn_out()
            self._line.left(self)
            self._drop()

    async def _carry(self, offer: Offer) -> None:
        try:
            if self._is_in_time(offer) and (offer.is_whole or await offer.fetch()):
                await self._offer(offer)
        except Exception as error:  # noqa: BLE001  (one bad mail must not stop the others)
            self._drop()
            offer.owner.broke(offer, error)
        finally:
            self._line.done(offer)

    def _is_in_time(self, offer: Offer) -> bool:
        """Who was named ahead may have waited long for the answer to the mail before."""
        if offer.drop_late(self._desk.now()):
            self._drop_announced()
        if not offer.carried:
            offer.leave()
        return bool(offer.carried)

    async def _offer(self, offer: Offer) -> None:
        if self._line.is_steady and offer.is_welcome():
            await self._try(offer)
            return
        admission = await admit(
            self._desk,
            offer.message,
            provider_id=offer.provider_id,
            recipients=len(offer.carried),
        )
        if admission.skip is not None:
            skip = admission.skip
            self._drop_announced()
            offer.withdraw(offer.carried, lambda: offer.owner.passed_over(offer, skip))
            offer.leave()
            return
        carried = list(offer.carried)
        try:
            await self._try(offer)
        finally:
            self._clear(offer.provider_id, admission, carried)

    def _clear(self, provider_id: int, admission: Admission, carried: Sequence[Carried]) -> None:
        """Ends what was granted for one try."""
        unused = sum(item.is_unseen for item in carried)
        if unused and admission.taken_at is not None:
            return_allowance(self._desk, provider_id, unused, taken_at=admission.taken_at)
        if admission.is_probe:
            end_probe(self._desk, provider_id)

    async def _try(self, offer: Offer) -> None:
        outcomes = await self._send(offer)
        conclude(offer, outcomes)
        rest = offer.split()
        if rest is not None:
            self._line.put(rest, first=True)
        if offer.carried:
            offer.owner.answered(offer)
        else:
            offer.leave()

    async def _send(self, offer: Offer) -> tuple[Outcome, ...]:
        try:
            parcel = offer.parcel()
        except (ValueError, UnicodeError) as error:
            self._begin(offer, Phase.CLAIMED)
            outcome = classify(Stage.ROUTE, Fault.BUILD, detail=str(error))
            return (outcome,) * len(offer.carried)
        connection = await self._open(offer)
        if isinstance(connection, Outcome):
            return (connection,) * len(offer.carried)

        async def gate() -> bool:
            return await offer.gate(self._line.doubts)

        outcomes = await connection.send(parcel, gate, self._upcoming)
        if not connection.is_usable:
            self._drop()
            if any(outcome.move is Move.AGAIN for outcome in outcomes):
                self._line.distrust()
        return outcomes

    async def _open(self, offer: Offer) -> Connection | Outcome:
        """The connection as it is, or a new one; the log tells how far it got."""
        account = self._desk.roster.account(offer.provider_id)
        if offer.is_wary or not self._fits(account):
            self._drop()
        if self._connection is not None:
            if not offer.is_marked and self._line.doubts.try_take():
                offer.mark(self._line.doubts)
            self._begin(offer, Phase.CONNECTED)
            return self._connection
        self._begin(offer, Phase.CLAIMED)
        made = await registry.driver(account.driver).connect(account)
        if isinstance(made, Outcome):
            return made
        self._connection, self._account, self.is_stale = made, account, False
        self._learn_size(made.largest_size)
        self._learn_certificate(account, made.certificate_ends_at)
        if not offer.is_marked:
            offer.reach(Phase.CONNECTED)
        return made

    def _begin(self, offer: Offer, phase: Phase) -> None:
        """The attempt begins now, even where it was marked before."""
        if offer.is_begun:
            offer.began_at = self._desk.now()
        else:
            offer.begin(phase)

    def _fits(self, account: Account) -> bool:
        return (
            self._connection is not None
            and self._connection.is_usable
            and not self.is_stale
            and (self._account is account or self._account == account)
        )

    def _upcoming(self) -> Parcel | None:
        """Called when the end of a mail is written: whoever is named here comes next."""
        roster = self._desk.roster
        if not self._line.is_steady or self._account != roster.account(self._line.provider_id):
            return None
        offer = self._line.take(self)
        if offer is None:
            return None
        self._next = offer
        if offer.is_wary or not offer.is_whole or not offer.is_welcome():
            return None
        if not offer.is_marked and self._line.doubts.try_take():
            offer.mark(self._line.doubts)
        try:
            return offer.parcel()
        except (ValueError, UnicodeError):
            return None

    def _learn_size(self, largest: int | None) -> None:
        provider_id = self._line.provider_id
        if self._desk.roster.largest_size(provider_id) == largest:
            return
        self._desk.roster.set_largest_size(provider_id, largest)
        now = self._desk.now()
        self._desk.ledger.post(
            lambda session: health.learn_size(session, provider_id, largest, at=now),
            provider_id=provider_id,
        )

    def _drop_announced(self) -> None:
        """The mail that was named to the server does not come: it would take no other one."""
        if self._connection is not None and self._connection.announced is not None:
            self._drop()

    def _learn_certificate(self, account: Account, ends_at: datetime | None) -> None:
        """Written once for each certificate that the line has seen."""
        server = f"{account.host}:{account.port}"
        if ends_at is None or self._line.certificate == (server, ends_at):
            return
        self._line.certificate = (server, ends_at)
        provider_id = self._line.provider_id
        self._desk.ledger.post(
            lambda session: health.learn_certificate(
                session, provider_id, of=server, ends_at=ends_at
            ),
            provider_id=provider_id,
        )

    def _drop(self) -> None:
        if self._connection is not None:
            self._line.part(self._connection.close())
        self._connection = None
