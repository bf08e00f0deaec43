"""A mail that is offered to one provider: its marks, its gate, and whom to tell what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from panel.domain.body import Body
from panel.domain.chain import Skip
from panel.domain.delivery import Phase
from panel.domain.outcome import Move, Stage
from panel.domain.round import Progress
from panel.drivers.contract import Parcel
from panel.sending.desk import Desk
from panel.sending.doubts import Doubts
from panel.sending.ledger import Written
from panel.sending.parcels import parcel
from panel.storage.queue.claims import ClaimedDelivery, ClaimedMessage
from panel.storage.queue.marks import Reached
from panel.storage.queue.withdrawal import Withdrawn, withdraw

log = structlog.get_logger(__name__)
NO_ROOM_DELAY = timedelta(seconds=60)
"""Until a mail is tried again whose body found no room on the disk."""
MOST_FRUITLESS = 3
"""Tries at one provider in one round that got it nowhere: it may take some recipients at a time,
or close a connection that has rested, but not for ever."""

_BEFORE_MAIL = frozenset(list(Stage)[: list(Stage).index(Stage.MAIL)])


@dataclass(slots=True, eq=False)
class Carried:
    """A claimed delivery and how far its round has come."""

    delivery: ClaimedDelivery
    progress: Progress

    @property
    def is_unseen(self) -> bool:
        """Its last try ended before the provider was told of it, or is to be repeated at once."""
        last = self.progress.last
        return last is None or last.stage in _BEFORE_MAIL or last.move is Move.AGAIN


class Round(Protocol):
    """Whoever offers a mail, and is told what came of it."""

    def answered(self, offer: Offer) -> None:
        """Each delivery's progress holds its outcome."""
        ...

    def passed_over(self, offer: Offer, skip: Skip) -> None:
        """The provider could not be asked."""
        ...

    def give_back(self, carried: Sequence[Carried], *, due_at: datetime | None = None) -> None:
        """These cannot be offered now: they go back into the queue."""
        ...

    def broke(self, offer: Offer, error: Exception) -> None:
        """An error of our own."""
        ...


class Offer:
    """Some deliveries of one mail at one provider; each try of it is an attempt of each of them."""

    def __init__(
        self,
        desk: Desk,
        message: ClaimedMessage,
        carried: list[Carried],
        *,
        place: int,
        provider_id: int,
        token: str,
        owner: Round,
    ) -> None:
        """`place`: where in its chain the provider stands."""
        self.desk = desk
        self.message = message
        self.carried = carried
        self.place = place
        self.provider_id = provider_id
        self.token = token
        self.owner = owner
        self.revision = -1
        """Of the roster, when the provider was found usable."""
        self.is_marked = False
        """Its hand-over is durable, or being written."""
        self.began_at: datetime | None = None
        self.handed_over_at: datetime | None = None
        self._parcel: Parcel | None = None
        self.is_whole = message.digest is None
        """Its body is at hand, or is known to have been removed."""
        self._fetched: Body | None = None
        self.is_wary = False
        """Its last try got it nowhere, maybe as the connection had rested: it wants a new one."""
        self._fruitless = 0
        self._doubts: Doubts | None = None
        self._is_held: bool | None = None
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_begun(self) -> bool:
        """Whether its attempts stand in the mailing log."""
        return self.began_at is not None

    def parcel(self) -> Parcel:
        """What the provider gets, always the same; ValueError when the mail cannot be made."""
        if self._parcel is None:
            desk = self.desk
            recipients = tuple([item.delivery.recipient for item in self.carried])
            candidate = desk.roster.candidate(self.provider_id, now=desk.now())
            made = parcel(self.message, recipients, candidate, fetched=self._fetched)
            self._parcel = replace(made, is_watched=True) if self._was_refused else made
        return self._parcel

    @property
    def _was_refused(self) -> bool:
        return any(item.delivery.attempts or item.progress.last for item in self.carried)

    async def fetch(self) -> bool:
        """Gets the body of a mail that was claimed without it; False: it was put off."""
        try:
            self._fetched = await self.desk.large.fetch(self.message)
        except OSError as error:
            log.warning("body_not_fetched", message=self.message.id, error=str(error)[:300])
            self._go_back(due_at=self.desk.now() + NO_ROOM_DELAY)
            return False
        self.is_whole = True
        return True

    def is_welcome(self) -> bool:
        """Whether the provider may still be asked, by all that the worker knows."""
        roster = self.desk.roster
        if self.revision != roster.revision:
            if roster.skip_of(self.provider_id, self.message, now=self.desk.now()) is not None:
                return False
            self.revision = roster.revision
        return True

    def drop_late(self, now: datetime) -> bool:
        """Gives back the deliveries that may not be sent any more; whether there were some."""
        late = [item for item in self.carried if item.delivery.standing.expires_at <= now]
        if late:
            self.carried = [item for item in self.carried if item not in late]
            self._parcel = None
            self.withdraw(late, lambda: self.owner.give_back(late))
        return bool(late)

    def begin(self, phase: Phase) -> None:
        """An attempt of each delivery begins."""
        self.began_at = self.desk.now()
        for item in self.carried:
            item.progress.attempts += 1
        self.reach(phase)

    def reach(self, phase: Phase) -> None:
        """The attempts have got as far as `phase`."""
        is_last = phase is Phase.HANDING_OVER
        self.is_marked = self.is_marked or is_last
        self.desk.ledger.reach(self._marks(phase), self._marked if is_last else None)

    def mark(self, doubts: Doubts) -> None:
        """Begins to make the hand-over durable; the caller took a place among the `doubts`."""
        self._doubts = doubts
        if self.is_begun:
            self.reach(Phase.HANDING_OVER)
        else:
            self.begin(Phase.HANDING_OVER)

    async def gate(self, doubts: Doubts) -> bool:
        """Whether it may be handed over now: its hand-over is durable and its lease valid."""
        lease = self.desk.lease
        if not lease.is_valid:
            return False
        if not self.is_marked:
            await doubts.take()
            self.mark(doubts)
        if self._is_held is None:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._error is not None:
            raise self._error
        # The commit may have taken longer than the lease: whoever rescued the deliveries then
        # saw them handing over, so they must not go out any more.
        if not self._is_held or not lease.is_valid:
            return False
        self.handed_over_at = self.desk.now()
        return True

    def withdraw(self, carried: Sequence[Carried], then: Callable[[], None]) -> None:
        """These may have been marked to go next and do not go: the log forgets what did not happen.

        `then` is called once that is durable.
        """
        if not self.is_begun:
            then()
            return
        marks = [
            Withdrawn(item.delivery.id, self.token, item.progress.attempts) for item in carried
        ]

        def done(_: None) -> None:
            for item in carried:
                item.progress.attempts -= 1
            then()

        self.desk.ledger.post(
            lambda session: withdraw(session, marks),
            provider_id=self.provider_id,
            then=done,
            otherwise=lambda error: self.owner.broke(self, error),
        )

    def turn_out(self) -> None:
        """The worker stops: it goes back into the queue."""
        self._go_back()

    def leave(self) -> None:
        """Nothing of it is in doubt any more."""
        if self._doubts is not None:
            self._doubts.leave()
            self._doubts = None

    def split(self) -> Offer | None:
        """Takes those that are to be offered here once more out, into an offer of their own."""
        again = [item for item in self.carried if _is_to_go_again(item)]
        if not again:
            return None
        fruitless = self._fruitless + 1 if len(again) == len(self.carried) else 0
        if fruitless >= MOST_FRUITLESS:
            return None
        rest = Offer(
            self.desk,
            self.message,
            again,
            place=self.place,
            provider_id=self.provider_id,
            token=self.token,
            owner=self.owner,
        )
        rest._fruitless = fruitless
        rest.is_wary = fruitless > 0
        self.carried = [item for item in self.carried if item not in again]
        return rest

    def _go_back(self, *, due_at: datetime | None = None) -> None:
        carried = self.carried
        self.withdraw(carried, lambda: self.owner.give_back(carried, due_at=due_at))
        self.leave()

    def _marks(self, phase: Phase) -> list[Reached]:
        name = self.desk.roster.name(self.provider_id)
        began_at = self.began_at or self.desk.now()
        handed_over_at = self.desk.now() if phase is Phase.HANDING_OVER else None
        return [
            Reached(
                delivery_id=item.delivery.id,
                token=self.token,
                number=item.progress.attempts,
                partner_id=self.message.partner_id,
                provider_id=self.provider_id,
                provider_name=name,
                started_at=began_at,
                is_copy=item.delivery.copies > 0,
                phase=phase,
                handed_over_at=handed_over_at,
            )
            for item in self.carried
        ]

    def _marked(self, written: Written) -> None:
        token, held = self.token, written.held
        self._error = written.error
        self._is_held = held.issuperset([(item.delivery.id, token) for item in self.carried])
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _is_to_go_again(item: Carried) -> bool:
    return item.progress.last is not None and item.progress.last.move is Move.AGAIN
