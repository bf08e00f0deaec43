"""A message's way along its chain, from the claim to a decision for each of its deliveries."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from panel.domain.chain import Link, Skip
from panel.domain.decision import Decision, decide, held_without_provider, refused_by_all
from panel.domain.delivery import POLICIES
from panel.domain.outcome import Fault, Move
from panel.domain.round import Progress, postponed, refusing
from panel.sending.admission import admit, end_probe
from panel.sending.attempt import Carried, attempt, mark_early
from panel.sending.desk import Desk
from panel.storage.queue.claims import ClaimedMessage
from panel.storage.queue.marks import Returned, Settled

FRUITLESS_TRANSACTIONS = 3
"""At one provider in one round: a server may take only some recipients at a time, but some."""


class Dispatch:
    """Tries the providers of one message's chain, one after the other."""

    def __init__(self, desk: Desk, message: ClaimedMessage, token: str) -> None:
        self._desk = desk
        self._message = message
        self._token = token
        self._began_at = desk.now()
        self._sticky = message.deliveries[0].sticky_provider_id
        self._links = list(desk.roster.links(message, sticky=self._sticky, now=self._began_at))

    async def run(self) -> None:
        """Returns once every delivery's decision is durable."""
        waiting = [Carried(item, Progress(item.attempts)) for item in self._message.deliveries]
        for place in range(len(self._links)):
            if waiting and self._is_usable(place):
                waiting = await self._try(place, waiting)
        if waiting:
            await self._settle((item, self._without_answer(item)) for item in waiting)

    def _is_usable(self, place: int) -> bool:
        """Looks again: since the round began the provider may have broken, or come back."""
        link = self._links[place]
        skip = self._desk.roster.skip_of(link.provider_id, self._message, now=self._desk.now())
        self._links[place] = replace(link, skip=skip)
        return skip is None

    async def _try(self, place: int, waiting: list[Carried]) -> list[Carried]:
        """Offers the mail to one provider; returns the deliveries that go on to the next one."""
        provider_id = self._links[place].provider_id
        async with self._turn(provider_id, waiting):
            waiting, late = self._in_time(waiting)
            if waiting:
                admission = await admit(
                    self._desk, self._message, provider_id=provider_id, recipients=len(waiting)
                )
                self._links[place] = replace(self._links[place], skip=admission.skip)
                if admission.skip is None:
                    await self._offer(provider_id, waiting)
                if admission.is_probe:
                    end_probe(self._desk, provider_id)
        await self._give_back(late)
        if not waiting or admission.skip is not None:
            return waiting
        return await self._sort(place, waiting)

    @asynccontextmanager
    async def _turn(self, provider_id: int, waiting: Sequence[Carried]) -> AsyncIterator[None]:
        """Waits for a connection; whoever comes next is marked meanwhile."""
        slot = self._desk.lines.slot(provider_id)
        if slot.locked():
            async with self._desk.lines.antechamber(provider_id):
                if slot.locked() and self._desk.is_open:
                    await mark_early(
                        self._desk,
                        self._message,
                        waiting,
                        self._token,
                        provider_id=provider_id,
                    )
                await slot.acquire()
        else:
            await slot.acquire()
        try:
            yield
        finally:
            slot.release()

    def _in_time(self, waiting: list[Carried]) -> tuple[list[Carried], list[Carried]]:
        """Those that may still be sent, and those that may not: too late, or the worker stops."""
        if not self._desk.is_open:
            return [], waiting
        now = self._desk.now()
        timely = [item for item in waiting if item.delivery.standing.expires_at > now]
        return timely, [item for item in waiting if item.delivery.standing.expires_at <= now]

    async def _offer(self, provider_id: int, offered: Sequence[Carried]) -> None:
        """One transaction, and further ones while the server takes some recipients at a time."""
        fruitless = 0
        while offered and fruitless < FRUITLESS_TRANSACTIONS:
            await attempt(
                self._desk, self._message, offered, provider_id=provider_id, token=self._token
            )
            left = [item for item in offered if _outcome_is(item, Move.AGAIN)]
            fruitless = fruitless + 1 if len(left) == len(offered) else 0
            offered = left

    async def _sort(self, place: int, waiting: Sequence[Carried]) -> list[Carried]:
        """Decides on the deliveries whose round ends here; the others go on."""
        now = self._desk.now()
        has_next = any(
            self._desk.roster.skip_of(link.provider_id, self._message, now=now) is None
            for link in self._links[place + 1 :]
        )
        moving, ending, lost = [], [], []
        for item in waiting:
            if item.progress.last is not None and item.progress.last.fault is Fault.LEASE_LOST:
                lost.append(item)
            elif item.progress.moves_on(has_next=has_next):
                moving.append(item)
            else:
                ending.append(item)
        if ending:
            await self._settle((item, self._decision(item)) for item in ending)
        await self._give_back(lost)
        return moving

    def _decision(self, item: Carried) -> Decision:
        if item.progress.last is None:
            raise AssertionError("A delivery that was offered has an outcome.")
        return decide(
            item.progress.last,
            item.delivery.standing,
            POLICIES[item.delivery.standing.stream],
            now=self._desk.now(),
            jitter=self._desk.jitter(),
            others_may_help=item.progress.may_be_taken_later(self._weighed()),
        )

    def _without_answer(self, item: Carried) -> Decision:
        """No provider is left to ask in this round."""
        if item.progress.last is not None:
            return self._decision(item)
        links = self._weighed()
        refused = refusing(links)
        if refused and not postponed(links):
            return refused_by_all("sender_refused", self._words_of_refusal(refused))
        now = self._desk.now()
        return held_without_provider(
            _explain(self._links), item.delivery.standing, now=now, until=self._free_at(now)
        )

    def _weighed(self) -> list[Link]:
        """The chain as it counts for a refusal.

        A provider that refuses its own From is out of order: that says nothing of the mail.
        """
        roster, now = self._desk.roster, self._desk.now()
        return [
            replace(link, skip=Skip.DISABLED)
            if link.skip is Skip.SENDER_REFUSED
            and not roster.keeps_from(link.provider_id, self._message, now=now)
            else link
            for link in self._links
        ]

    def _words_of_refusal(self, refused: Sequence[Link]) -> str:
        roster, now = self._desk.roster, self._desk.now()
        words = (
            roster.said_of_sender(link.provider_id, self._message, now=now) for link in refused
        )
        return next((said for said in words if said), "Every provider refuses this sender.")

    def _free_at(self, now: datetime) -> datetime | None:
        """When the first of the providers that were passed over may be asked again."""
        roster = self._desk.roster
        times = []
        for link in postponed(self._links):
            # An allowance that was used up a moment ago may be free again by now.
            renewed_at = now if link.skip is Skip.BUDGET else None
            times.append(roster.free_again_at(link.provider_id, now=now) or renewed_at)
            times.append(roster.breaker(link.provider_id).retry_at)
        return min((at for at in times if at is not None and at >= now), default=None)

    async def _settle(self, decisions: Iterable[tuple[Carried, Decision]]) -> None:
        """All in one commit: each by itself would wait for the one before."""
        route = [_stop(link) for link in self._links]
        at = self._desk.now()
        marks = [
            Settled(
                delivery_id=item.delivery.id,
                token=self._token,
                decision=decision,
                attempts=item.progress.attempts,
                provider_id=item.progress.provider_id,
                attempted_at=None if item.progress.provider_id is None else self._began_at,
                sticky_provider_id=self._next_first(item, decision),
                route=route,
                at=at,
            )
            for item, decision in decisions
        ]
        await _all(self._desk.ledger.settle(mark) for mark in marks)

    def _next_first(self, item: Carried, decision: Decision) -> int | None:
        """A copy never changes its provider; else only who greylisted it comes first again."""
        if item.delivery.copies:
            return self._sticky
        return item.progress.provider_id if decision.sticky else None

    async def _give_back(self, items: Sequence[Carried]) -> None:
        """Puts deliveries back as they were, unless others have taken this worker for dead."""
        if not items or not self._desk.lease.is_valid:
            return
        marks = [Returned(item.delivery.id, self._token, item.progress.attempts) for item in items]
        await _all(self._desk.ledger.give_back(mark) for mark in marks)


async def _all(writes: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Waits for all; for the usual one without a task of its own."""
    waiting = list(writes)
    if len(waiting) == 1:
        await waiting[0]
    elif waiting:
        await asyncio.gather(*waiting)


def _outcome_is(item: Carried, move: Move) -> bool:
    return item.progress.last is not None and item.progress.last.move is move


def _stop(link: Link) -> dict[str, Any]:
    """A provider of the chain as the route of a delivery keeps it."""
    return {
        "provider_id": link.provider_id,
        "name": link.name,
        "skip": link.skip.value if link.skip is not None else None,
    }


def _explain(links: Sequence[Link]) -> str:
    if not links:
        return "There is no provider."
    reasons = ", ".join(f"{link.name}: {link.skip}" for link in links if link.skip is not None)
    return f"No provider can take it now ({reasons})."
