"""A message's way along its chain, from the claim to a decision for each of its deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from panel.domain.chain import Link, Skip, usable
from panel.domain.decision import Decision, decide, held_without_provider, refused_by_all
from panel.domain.outcome import Move
from panel.domain.round import Progress, postponed, refusing
from panel.sending.attempt import Carried, attempt, may_try
from panel.sending.desk import Desk
from panel.storage.queue.claims import ClaimedMessage
from panel.storage.queue.marks import Settled

MOST_TRANSACTIONS = 3
"""At one provider in one round: a server may take only some recipients at a time."""


class Dispatch:
    """Tries the providers of one message's chain, one after the other."""

    def __init__(self, desk: Desk, message: ClaimedMessage, token: str) -> None:
        self._desk = desk
        self._message = message
        self._token = token
        self._began_at = desk.now()
        sticky = message.deliveries[0].sticky_provider_id
        self._links = desk.roster.links(message, sticky=sticky, now=self._began_at)
        self._route: list[dict[str, Any]] = []

    async def run(self) -> None:
        """Returns once every delivery's decision is durable."""
        waiting = [Carried(item, Progress(item.attempts)) for item in self._message.deliveries]
        chain = usable(self._links)
        for link in self._links:
            if link.skip is not None or not waiting:
                self._note(link, link.skip)
            elif not await may_try(self._desk, link.provider_id, recipients=len(waiting)):
                self._pass_over(link)
            else:
                self._note(link, None)
                has_next = link.provider_id != chain[-1]
                waiting = await self._offer(link.provider_id, waiting, has_next=has_next)
        for item in waiting:
            await self._settle(item, self._without_answer(item))

    async def _offer(
        self, provider_id: int, waiting: Sequence[Carried], *, has_next: bool
    ) -> list[Carried]:
        """Tries one provider; returns the deliveries that go on to the next one."""
        offered = list(waiting)
        for _transaction in range(MOST_TRANSACTIONS):
            await attempt(
                self._desk,
                self._message,
                offered,
                provider_id=provider_id,
                token=self._token,
            )
            offered = [item for item in offered if _is_to_be_repeated(item.progress)]
            if not offered:
                break
        moving = [item for item in waiting if item.progress.moves_on(has_next=has_next)]
        for item in waiting:
            if item not in moving:
                await self._settle(item, self._decision(item))
        return moving

    def _decision(self, item: Carried) -> Decision:
        if item.progress.last is None:
            raise AssertionError("A delivery that was offered has an outcome.")
        return decide(
            item.progress.last,
            item.delivery.standing,
            now=self._desk.now(),
            jitter=self._desk.jitter(),
            others_may_help=item.progress.may_be_taken_later(self._links),
        )

    def _without_answer(self, item: Carried) -> Decision:
        """No provider is left to ask in this round."""
        if item.progress.last is not None:
            return self._decision(item)
        refused = refusing(self._links)
        if refused and not postponed(self._links):
            return refused_by_all("sender_refused", self._words_of_refusal(refused))
        now = self._desk.now()
        return held_without_provider(
            _explain(self._links), item.delivery.standing, now=now, until=self._free_at(now)
        )

    def _words_of_refusal(self, refused: Sequence[Link]) -> str:
        address = self._message.from_email
        words = (self._desk.roster.said_of_sender(link.provider_id, address) for link in refused)
        return next((said for said in words if said), "Every provider refuses this sender.")

    def _free_at(self, now: datetime) -> datetime | None:
        """When the first of the providers that were passed over may be asked again."""
        roster = self._desk.roster
        times = []
        for link in postponed(self._links):
            times.append(roster.free_again_at(link.provider_id, now=now))
            times.append(roster.breaker(link.provider_id).retry_at)
        return min((at for at in times if at is not None and at > now), default=None)

    def _pass_over(self, link: Link) -> None:
        """Between the look at the chain and this moment the provider has become unusable."""
        is_spent = self._desk.roster.free_again_at(link.provider_id, now=self._desk.now())
        skip = Skip.BUDGET if is_spent is not None else Skip.BREAKER_OPEN
        place = self._links.index(link)
        passed = Link(link.provider_id, link.name, skip)
        self._links = (*self._links[:place], passed, *self._links[place + 1 :])
        self._note(link, skip)

    def _note(self, link: Link, skip: Skip | None) -> None:
        self._route.append(
            {
                "provider_id": link.provider_id,
                "name": link.name,
                "skip": skip.value if skip is not None else None,
            }
        )

    async def _settle(self, item: Carried, decision: Decision) -> None:
        tried = item.progress.provider_id is not None
        await self._desk.ledger.settle(
            Settled(
                delivery_id=item.delivery.id,
                token=self._token,
                decision=decision,
                attempts=item.progress.attempts,
                provider_id=item.progress.provider_id,
                attempted_at=self._began_at if tried else None,
                route=self._route,
                at=self._desk.now(),
            )
        )


def _is_to_be_repeated(progress: Progress) -> bool:
    return progress.last is not None and progress.last.move is Move.AGAIN


def _explain(links: Sequence[Link]) -> str:
    if not links:
        return "There is no provider."
    reasons = ", ".join(f"{link.name}: {link.skip}" for link in links if link.skip is not None)
    return f"No provider can take it now ({reasons})."
