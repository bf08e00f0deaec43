"""The way to one provider: who waits for it, and how many connections carry it."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from panel.domain.delivery import Stream
from panel.sending.carrier import Carrier
from panel.sending.desk import Desk
from panel.sending.doubts import Doubts
from panel.sending.offer import Offer
from panel.sending.waiting_room import WaitingRoom

CONNECTIONS = 10
"""To one provider, by one worker, at one time."""
RESERVED = 1
"""Connections that only system mail may use, so that it never waits behind slow other mail."""
IDLE_S = 20.0
"""An unused connection is closed after this time; servers do it after some minutes."""
AHEAD_S = 0.25
"""A worker takes mail for a provider so far ahead, by the pace at which it has gone lately."""
LEAST_A_CONNECTION = 5
"""It takes this many for each connection at least, and fills up when half of them are gone: then
each connection still finds one to name to the server while another is on the wire.
"""
MOST_ROOM = 400
PACE_S = 0.05
"""Seconds over which the pace is measured, at least."""


class Line:
    """Offers come in by `put`; carriers, one a connection, take them out."""

    def __init__(self, desk: Desk, provider_id: int, *, connections: int = CONNECTIONS) -> None:
        self.desk = desk
        self.provider_id = provider_id
        self.doubts = Doubts(max(2 * connections - 1, 1))
        self.certificate: tuple[str, datetime] | None = None
        """`host:port` and the end of the certificate that was last seen there."""
        self._connections = connections
        self._reserved = min(RESERVED, connections - 1)
        self._room = WaitingRoom()
        self._ready: deque[Offer] = deque()
        """Who comes next: their hand-over is made durable while the connections are busy."""
        self._in_hand: Counter[int] = Counter()
        self._ordinary = 0
        """Carriers that have other than system mail."""
        self._carriers: dict[Carrier, asyncio.Task[None]] = {}
        self._idle: list[tuple[Carrier, asyncio.Future[None]]] = []
        self._farewells: set[asyncio.Task[None]] = set()
        self._is_closing = False
        self._passed = 0
        self._passed_from_s = self._now_s()
        self._pace = 0.0

    @property
    def is_steady(self) -> bool:
        """Whether mail may go on and on without asking: no allowance, nothing wrong."""
        return not self._is_closing and self.desk.roster.is_steady(self.provider_id)

    @property
    def is_used(self) -> bool:
        """Whether somebody waits or anything is open."""
        return bool(self._carriers or self._farewells or self._room or self._ready)

    def in_hand(self, flow: int) -> int:
        """Mails of a flow that wait here or are on the wire."""
        return self._in_hand[flow]

    def room(self) -> int:
        """How many mails of one stream a worker should have in hand for this provider.

        As few for a slow one as keep its connections busy: there more would only be kept from
        other workers.
        """
        elapsed_s = self._now_s() - self._passed_from_s
        if elapsed_s >= PACE_S:
            self._pace = self._passed / elapsed_s
            self._passed, self._passed_from_s = 0, self._now_s()
        ahead = min(MOST_ROOM, int(self._pace * AHEAD_S))
        return max(LEAST_A_CONNECTION * self._connections, ahead)

    def put(self, offer: Offer, *, first: bool = False) -> None:
        """Adds an offer, and a connection where that helps."""
        self._in_hand[offer.message.flow] += 1
        self._room.put(offer, first=first)
        if self._is_closing:
            self._turn_out()
        elif not self._has_place(offer.message.stream):
            self._mark_ahead()
        elif self._idle:
            self._wake()
        else:
            carrier = Carrier(self)
            self._carriers[carrier] = asyncio.get_running_loop().create_task(carrier.run())

    def done(self, offer: Offer) -> None:
        """A carrier is through with an offer, however it ended."""
        self._passed += 1
        flow = offer.message.flow
        self._in_hand[flow] -= 1
        if not self._in_hand[flow]:
            del self._in_hand[flow]

    async def next_for(self, carrier: Carrier) -> Offer | None:
        """What the carrier is to send next; None: it has rested long enough, or all is over."""
        while True:
            offer = self.take(carrier)
            if offer is not None or self._is_closing or not await self._rest(carrier):
                return offer

    def take(self, carrier: Carrier) -> Offer | None:
        """Who comes next on this connection; None: nobody waits, or only who may not use it."""
        now = self.desk.now()
        only_system = not self._may_be_ordinary(carrier)
        while (offer := self._pick(only_system=only_system)) is not None:
            offer.drop_late(now)
            if offer.carried:
                break
            self.done(offer)
            offer.leave()
        self._carries(carrier, offer)
        self._mark_ahead()
        return offer

    def distrust(self) -> None:
        """The server ended a connection that had rested: those that rest longer are no better."""
        for carrier, _waiter in self._idle:
            carrier.is_stale = True

    def part(self, farewell: Coroutine[Any, Any, None]) -> None:
        """Says goodbye on a connection while others go on."""
        task = asyncio.get_running_loop().create_task(farewell)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    def left(self, carrier: Carrier) -> None:
        """A carrier has ended; what came in at the last moment gets another one."""
        self._carriers.pop(carrier, None)
        self._carries(carrier, None)
        if self._room and not self._is_closing:
            offer = self._room.take()
            if offer is not None:
                self.done(offer)
                self.put(offer, first=True)

    def stop(self) -> None:
        """Finishes what is on the wire; everybody who waits is given back."""
        self._is_closing = True
        self._turn_out()
        self._wake_all()

    async def close(self, *, wait_s: float = 0.0) -> None:
        """Stops, and waits for what is on the wire; what takes longer is cut off."""
        self.stop()
        tasks = list(self._carriers.values())
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=wait_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*self._farewells, return_exceptions=True)

    def _carries(self, carrier: Carrier, offer: Offer | None) -> None:
        is_ordinary = offer is not None and offer.message.stream is not Stream.SYSTEM
        self._ordinary += is_ordinary - carrier.is_ordinary
        carrier.is_ordinary = is_ordinary

    def _may_be_ordinary(self, carrier: Carrier | None = None) -> bool:
        others = self._ordinary - (carrier is not None and carrier.is_ordinary)
        return others < self._connections - self._reserved

    def _has_place(self, stream: Stream) -> bool:
        """Whether another connection could take mail of this stream at once."""
        if not self._idle and len(self._carriers) >= self._connections:
            return False
        return stream is Stream.SYSTEM or self._may_be_ordinary()

    def _pick(self, *, only_system: bool) -> Offer | None:
        if self._ready and not only_system:
            return self._ready.popleft()
        for offer in self._ready:
            if offer.message.stream is Stream.SYSTEM:
                self._ready.remove(offer)
                return offer
        return self._room.take(only_system=only_system)

    def _mark_ahead(self) -> None:
        """Makes the hand-over of those who come next durable, while they wait."""
        is_quiet = not self._room or self._has_place(Stream.CAMPAIGNS)
        if is_quiet or not self.is_steady or not self._has_connection():
            return
        now = self.desk.now()
        while len(self._ready) < self._connections - 1 and self._room and self.doubts.try_take():
            offer = self._room.take()
            if offer is None:
                raise AssertionError("The room is not empty.")
            offer.drop_late(now)
            if offer.carried:
                offer.mark(self.doubts)
                self._ready.append(offer)
            else:
                self.done(offer)
                self.doubts.leave()

    def _has_connection(self) -> bool:
        return any(carrier.is_connected for carrier in self._carriers)

    def _wake(self) -> None:
        """The connection that was used last."""
        _carrier, waiter = self._idle.pop()
        waiter.set_result(None)

    def _wake_all(self) -> None:
        while self._idle:
            self._wake()

    async def _rest(self, carrier: Carrier) -> bool:
        """Until somebody comes; False when nobody did for so long that it is not worth it."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._idle.append((carrier, waiter))
        try:
            async with asyncio.timeout(IDLE_S):
                await waiter
        except TimeoutError:
            pass
        finally:
            self._idle = [item for item in self._idle if item[1] is not waiter]
        return waiter.done() and not waiter.cancelled()

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _turn_out(self) -> None:
        for offer in (*self._ready, *self._room.take_all()):
            self.done(offer)
            offer.turn_out()
        self._ready.clear()
