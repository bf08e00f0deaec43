"""A message's way along its chain, from the claim to a decision for each of its deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from panel.domain.chain import Link, Skip
from panel.domain.decision import Decision
from panel.domain.outcome import Fault
from panel.domain.round import Progress
from panel.sending.desk import Desk
from panel.sending.ledger import Written
from panel.sending.offer import Carried, Offer
from panel.sending.upkeep import rescue
from panel.sending.verdict import decision
from panel.storage.database import Session
from panel.storage.queue.claims import ClaimedMessage
from panel.storage.queue.marks import Returned, Settled
from panel.storage.queue.rescue import Holder, Reason
from panel.storage.queue.withdrawal import Withdrawn, stand_back

log = structlog.get_logger(__name__)
MOST_WAITING = 500
"""Mails of one flow that may wait in a worker for one provider, failed-over ones included."""
BUSY_DELAY = timedelta(seconds=10)
"""Until a mail looks again for which too many others waited."""
BROKEN_DELAY = timedelta(seconds=60)
"""Until a mail whose round broke is tried again."""
ROUND_FAILED = "round_failed"


class Dispatch:
    """One round: offers the mail to the providers of its chain, one after the other."""

    def __init__(
        self,
        desk: Desk,
        message: ClaimedMessage,
        token: str,
        on_end: Callable[[], object] = lambda: None,
    ) -> None:
        """`on_end` is called when every delivery has left the worker's hands, durably."""
        self._desk = desk
        self._message = message
        self._token = token
        self._on_end = on_end
        self._open = {item.id for item in message.deliveries}
        self._began_at = desk.now()
        self._sticky = message.deliveries[0].sticky_provider_id
        self._revision = -1
        self._links: list[Link] = []

    def begin(self) -> None:
        """Starts the round; it goes on by itself."""
        everybody = [Carried(item, Progress(item.attempts)) for item in self._message.deliveries]
        try:
            self._revision = self._desk.roster.revision
            self._links = list(
                self._desk.roster.links(self._message, sticky=self._sticky, now=self._began_at)
            )
            self._go_on(everybody, 0)
        except Exception as error:  # noqa: BLE001  (a mail that breaks its round breaks no other)
            self._break(everybody, error)

    async def run(self) -> None:
        """`begin`, for those who want to wait for the end."""
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        then = self._on_end

        def end() -> None:
            ended.set_result(None)
            then()

        self._on_end = end
        self.begin()
        await ended

    def answered(self, offer: Offer) -> None:
        """A provider has answered: the round of some deliveries ends, others go on."""
        moving, ending, lost = self._sorted(offer)
        if ending:
            self._settle([(item, self._decision(item)) for item in ending], offer)
        else:
            offer.leave()
        self.give_back(lost)
        if moving:
            self._stand_back(moving, offer)
            self._go_on(moving, offer.place + 1)

    def passed_over(self, offer: Offer, skip: Skip) -> None:
        """Something was found out only when it was the mail's turn."""
        self._links[offer.place] = replace(self._links[offer.place], skip=skip)
        self._go_on(offer.carried, offer.place + 1)

    def give_back(self, carried: Sequence[Carried], *, due_at: datetime | None = None) -> None:
        """Puts deliveries back as they were, unless others have taken this worker for dead."""
        if not carried:
            return
        if not self._desk.lease.is_valid:
            self._end(carried)
            return
        token = self._token
        marks = [
            Returned(item.delivery.id, token, item.progress.attempts, due_at=due_at)
            for item in carried
        ]
        self._desk.ledger.give_back(marks, lambda written: self._left(carried, written))

    def broke(self, offer: Offer, error: Exception) -> None:
        """A fault of ours: the deliveries go back, with the reason."""
        offer.leave()
        self._break(offer.carried, error, is_out=offer.handed_over_at is not None)

    def _go_on(self, waiting: list[Carried], place: int) -> None:
        """Offers the mail to the next provider that may be tried, or decides."""
        for at in range(place, len(self._links)):
            if self._is_usable(at):
                self._offer(waiting, at)
                return
        self._settle([(item, self._decision(item)) for item in waiting])

    def _is_usable(self, place: int) -> bool:
        """Looks again: since the round began the provider may have broken, or come back."""
        link = self._links[place]
        roster = self._desk.roster
        if roster.revision == self._revision and roster.is_steady(link.provider_id):
            return link.skip is None
        skip = roster.skip_of(link.provider_id, self._message, now=self._desk.now())
        self._links[place] = replace(link, skip=skip)
        return skip is None

    def _offer(self, waiting: list[Carried], place: int) -> None:
        provider_id = self._links[place].provider_id
        line = self._desk.lines.to(provider_id, self._desk)
        if line.in_hand(self._message.flow) >= MOST_WAITING:
            self.give_back(waiting, due_at=self._desk.now() + BUSY_DELAY)
            return
        offer = Offer(
            self._desk,
            self._message,
            waiting,
            place=place,
            provider_id=provider_id,
            token=self._token,
            owner=self,
        )
        offer.revision = self._desk.roster.revision
        line.put(offer)

    def _sorted(self, offer: Offer) -> tuple[list[Carried], list[Carried], list[Carried]]:
        """Those that move on, those whose round ends, and those that the worker has lost."""
        moving: list[Carried] = []
        ending: list[Carried] = []
        lost: list[Carried] = []
        for item in offer.carried:
            last = item.progress.last
            if last is None or last.fault is Fault.LEASE_LOST:
                lost.append(item)
            elif not last.is_sent and item.progress.moves_on(has_next=self._has_next(offer.place)):
                moving.append(item)
            else:
                ending.append(item)
        return moving, ending, lost

    def _has_next(self, place: int) -> bool:
        return any(self._is_usable(at) for at in range(place + 1, len(self._links)))

    def _decision(self, item: Carried) -> Decision:
        return decision(self._desk, self._message, self._links, item)

    def _settle(
        self, decisions: Sequence[tuple[Carried, Decision]], offer: Offer | None = None
    ) -> None:
        route = [_stop(link) for link in self._links]
        at = self._desk.now()
        marks = [
            Settled(
                delivery_id=item.delivery.id,
                token=self._token,
                decision=decided,
                attempts=item.progress.attempts,
                provider_id=item.progress.provider_id,
                attempted_at=None if item.progress.provider_id is None else self._began_at,
                sticky_provider_id=self._next_first(item, decided),
                route=route,
                at=at,
            )
            for item, decided in decisions
        ]

        def settled(written: Written) -> None:
            self._left([item for item, _ in decisions], written)

        self._desk.ledger.settle(marks, settled)
        if offer is not None:
            offer.leave()

    def _next_first(self, item: Carried, decided: Decision) -> int | None:
        """A copy never changes its provider; else only who greylisted it comes first again."""
        if item.delivery.copies:
            return self._sticky
        return item.progress.provider_id if decided.sticky else None

    def _stand_back(self, moving: Sequence[Carried], offer: Offer) -> None:
        """Nothing of these is out: a crash while they wait elsewhere must not leave a doubt."""
        if not offer.is_marked:
            return
        marks = self._withdrawn(moving)
        self._desk.ledger.post(
            lambda session: stand_back(session, marks),
            provider_id=offer.provider_id,
        )

    def _withdrawn(self, carried: Iterable[Carried]) -> list[Withdrawn]:
        return [
            Withdrawn(item.delivery.id, self._token, item.progress.attempts) for item in carried
        ]

    def _break(self, carried: Sequence[Carried], error: Exception, *, is_out: bool = True) -> None:
        """Gives the deliveries back; not `is_out`: whatever was marked, nothing was handed over."""
        log.error("round_failed", message=self._message.id, exc_info=error)
        ids = tuple(item.delivery.id for item in carried)
        if not self._desk.lease.is_valid:
            self._end(carried)
            return
        now = self._desk.now()
        reason = Reason(
            f"An error in Postroom itself: {error!r}"[:500],
            ROUND_FAILED,
            delays_until=now + BROKEN_DELAY,
        )
        holder = Holder(self._desk.worker_id, self._token, ids)
        undone = [] if is_out else self._withdrawn(carried)

        def take_back(session: Session) -> None:
            stand_back(session, undone)
            rescue(session, holder, reason=reason, now=now)

        self._desk.ledger.post(
            take_back,
            provider_id=0,
            then=lambda _: self._end(carried),
            otherwise=lambda _: self._end(carried),
        )

    def _left(self, carried: Sequence[Carried], written: Written) -> None:
        if written.error is not None:
            self._break(carried, written.error)
        else:
            self._end(carried)

    def _end(self, carried: Iterable[Carried]) -> None:
        was_open = bool(self._open)
        self._open.difference_update(item.delivery.id for item in carried)
        if was_open and not self._open:
            self._on_end()


def _stop(link: Link) -> dict[str, Any]:
    """A provider of the chain as the route of a delivery keeps it."""
    return {
        "provider_id": link.provider_id,
        "name": link.name,
        "skip": link.skip.value if link.skip is not None else None,
    }
