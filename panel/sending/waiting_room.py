"""Who waits for a provider, and who comes next: streams by weight, partners of a stream in turn."""

from __future__ import annotations

from collections import OrderedDict, deque

from panel.domain.delivery import Stream
from panel.sending.offer import Offer

WEIGHTS = {
    Stream.SYSTEM: 8,
    Stream.CUSTOMER_SERVICE: 4,
    Stream.CRM: 2,
    Stream.CAMPAIGNS: 1,
}
"""Of fifteen connections that come free while all streams wait, so many go to each."""


class _Lane:
    """One stream: a queue for each partner (None: the house), served in turn."""

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.credit = 0
        self.queues: OrderedDict[int | None, deque[Offer]] = OrderedDict()

    def put(self, offer: Offer, *, first: bool) -> None:
        partner_id = offer.message.partner_id
        queue = self.queues.get(partner_id)
        if queue is None:
            queue = self.queues[partner_id] = deque()
        if first:
            queue.appendleft(offer)
            self.queues.move_to_end(partner_id, last=False)
        else:
            queue.append(offer)

    def take(self) -> Offer:
        partner_id, queue = next(iter(self.queues.items()))
        offer = queue.popleft()
        if not queue:
            del self.queues[partner_id]
        elif len(self.queues) > 1:
            self.queues.move_to_end(partner_id)
        return offer


class WaitingRoom:
    """Smooth weighted turns: a stream that waits gains its weight, who is served pays for all."""

    def __init__(self) -> None:
        self._lanes = [_Lane(WEIGHTS[stream]) for stream in Stream]
        self._system = self._lanes[Stream.SYSTEM.lane]
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, offer: Offer, *, first: bool = False) -> None:
        """Adds an offer at the end of its queue; `first`: at the head of all of its stream."""
        self._lanes[offer.message.stream.lane].put(offer, first=first)
        self._count += 1

    def take(self, *, only_system: bool = False) -> Offer | None:
        """Whose turn it is; None when nobody waits, or only who is not system mail."""
        if not self._count:
            return None
        if only_system:
            waiting = [self._system] if self._system.queues else []
        else:
            waiting = [lane for lane in self._lanes if lane.queues]
        if not waiting:
            return None
        self._count -= 1
        return (waiting[0] if len(waiting) == 1 else self._turn(waiting)).take()

    def take_all(self) -> list[Offer]:
        """Empties the room."""
        offers = []
        while (offer := self.take()) is not None:
            offers.append(offer)
        return offers

    def _turn(self, waiting: list[_Lane]) -> _Lane:
        """Who does not wait saves nothing up."""
        for lane in waiting:
            lane.credit += lane.weight
        served = max(waiting, key=lambda lane: lane.credit)
        served.credit -= sum([lane.weight for lane in waiting])
        return served
