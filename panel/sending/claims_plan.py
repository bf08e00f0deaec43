"""How much of which flow a worker takes at once, so that nobody is kept waiting by others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from panel.domain.delivery import Stream
from panel.domain.room import LOOK_EVERY, LOOKS, Room
from panel.sending.desk import Desk
from panel.storage.queue.claims import ClaimedMessage, Share
from panel.storage.queue.flows import Flow

log = structlog.get_logger(__name__)
LEAST_ROOM = 4
"""For each partner, however many share a stream and a provider."""
NOBODY = Room(0)


@dataclass(slots=True)
class _Looks:
    """Mails of a flow that can go nowhere, taken all the same so that they tell why."""

    until: datetime
    left: int = LOOKS


class ClaimsPlan:
    """What one worker claims next. Streams and partners have room of their own everywhere."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._looks: dict[int, _Looks] = {}
        self.again_at: datetime | None = None
        """When a flow that is due and has no room will have some; None: that cannot be foreseen."""

    def shares(self, flows: Iterable[Flow], now: datetime) -> tuple[Share, ...]:
        """What to claim of the flows that are due."""
        self.again_at = None
        ways: defaultdict[tuple[int | None, Stream], list[Flow]] = defaultdict(list)
        for flow in flows:
            ways[self._first(flow, now), flow.stream].append(flow)
        # Streams in their order: what is claimed together is limited, system mail comes first.
        in_order = sorted(ways.items(), key=lambda item: item[0][1].lane)
        shares = [
            share for (way, _stream), group in in_order for share in self._divided(way, group, now)
        ]
        return tuple(share for share in shares if share.limit > 0)

    def claimed(self, messages: Iterable[ClaimedMessage]) -> None:
        """What came of the shares."""
        for message in messages:
            looks = self._looks.get(message.flow)
            if looks is not None:
                looks.left = max(looks.left - len(message.deliveries), 0)

    def _divided(
        self, provider_id: int | None, flows: Sequence[Flow], now: datetime
    ) -> Iterator[Share]:
        if provider_id is None:
            yield from (self._looked_at(flow, now) for flow in flows)
            return
        line = self._desk.lines.to(provider_id, self._desk)
        whole = max(line.room() // len(flows), LEAST_ROOM)
        is_steady = self._desk.roster.is_steady(provider_id)
        for flow in flows:
            free = whole - line.in_hand(flow.id)
            # A claim costs the same for one mail as for many, so a full room is first half emptied.
            if 2 * free >= whole:
                yield Share(flow.id, free if is_steady else min(free, self._allowed(flow, now)))

    def _allowed(self, flow: Flow, now: datetime) -> int:
        """No more than the allowance of its providers, and one where one is being tried."""
        left = self._desk.roster.room(flow.stream, flow.partner_id, now=now).left
        return LOOKS if left is None else left

    def _looked_at(self, flow: Flow, now: datetime) -> Share:
        """Nobody can take it now: some are taken to be held with the reason, the rest is left."""
        looks = self._looks.get(flow.id)
        if looks is None or looks.until <= now:
            looks = self._looks[flow.id] = _Looks(now + LOOK_EVERY)
        again_at = min(self._room(flow, now).again_at or looks.until, looks.until)
        self.again_at = min(self.again_at or again_at, again_at)
        return Share(flow.id, looks.left)

    def _room(self, flow: Flow, now: datetime) -> Room:
        try:
            return self._desk.roster.room(flow.stream, flow.partner_id, now=now)
        except Exception:
            log.exception("flow_without_provider", flow=flow.id)
            return NOBODY

    def _first(self, flow: Flow, now: datetime) -> int | None:
        """A fault of ours must show up in the rounds, where it is noted with each mail."""
        try:
            return self._desk.roster.first(flow.stream, flow.partner_id, now=now)
        except Exception:
            log.exception("flow_without_provider", flow=flow.id)
            return None
