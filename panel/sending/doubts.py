"""How many mails may be in doubt at one provider if the worker died now."""

from __future__ import annotations

import asyncio
from collections import deque


class Doubts:
    """Places for mails whose hand-over is durable and whose end is not: a crash leaves them open.

    A place is free again as soon as the end is noted: who takes it then is noted after it, so no
    commit makes the second durable without the first.
    A semaphore whose free places can also be taken without waiting.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[asyncio.Future[None]] = deque()

    def try_take(self) -> bool:
        """Takes a place if one is free and nobody waits for it."""
        if self._free <= 0 or self._waiting:
            return False
        self._free -= 1
        return True

    async def take(self) -> None:
        """Takes a place, waits for one where necessary."""
        if self.try_take():
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Gives a place back, to whoever has waited longest."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self._free += 1
