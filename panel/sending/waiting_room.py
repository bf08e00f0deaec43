"""Who waits for a provider, and who comes next: streams by weight, partners of a stream in turn."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection

from panel.domain.delivery import Stream
from panel.sending.offer import Offer

WEIGHTS = {
    Stream.SYSTEM: 8,
    Stream.CUSTOMER_SERVICE: 4,
    Stream.CRM: 2,
    Stream.CAMPAIGNS: 1,
}
"""Of fifteen connections that come free while all streams wait, so many go to each."""
ALL = frozenset(Stream)


class _Lane:
    """One stream: a queue for each partner (None: the house), served in turn."""

    def __init__(self) -> None:
        self._queues: OrderedDict[int | None, deque[Offer]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._queues)

    def put(self, offer: Offer, *, first: bool) -> None:
        queue = self._queues.setdefault(offer.message.partner_id, deque())
        if first:
            queue.appendleft(offer)
            self._queues.move_to_end(offer.message.partner_id, last=False)
        else:
            queue.append(offer)

    def take(self) -> Offer:
        partner_id, queue = next(iter(self._queues.items()))
        offer = queue.popleft()
        if queue:
            self._queues.move_to_end(partner_id)
        else:
            del self._queues[partner_id]
        return offer


class WaitingRoom:
    """Smooth weighted turns: a stream that waits gains its weight, who is served pays for all."""

    def __init__(self) -> None:
        self._lanes = {stream: _Lane() for stream in Stream}
        self._credits = dict.fromkeys(Stream, 0)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, offer: Offer, *, first: bool = False) -> None:
        """Adds an offer at the end of its queue; `first`: at the head of all of its stream."""
        self._lanes[offer.message.stream].put(offer, first=first)
        self._count += 1

    def take(self, streams: Collection[Stream] = ALL) -> Offer | None:
        """Whose turn it is among those of `streams`; None when nobody of them waits."""
        waiting = [stream for stream in streams if self._lanes[stream]] if self._count else []
        if not waiting:
            return None
        self._count -= 1
        return self._lanes[self._turn(waiting)].take()

    def take_all(self) -> list[Offer]:
        """Empties the room."""
        offers = []
        while (offer := self.take()) is not None:
            offers.append(offer)
        return offers

    def _turn(self, waiting: list[Stream]) -> Stream:
        if len(waiting) == 1:
            return waiting[0]
        for stream in Stream:
            # Who does not wait saves nothing up.
            self._credits[stream] += WEIGHTS[stream] if stream in waiting else 0
        served = max(sorted(waiting, key=lambda item: item.lane), key=self._credits.__getitem__)
        self._credits[served] -= sum(WEIGHTS[stream] for stream in waiting)
        return served
