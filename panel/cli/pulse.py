"""The sign by which the supervisor knows that a worker's event loop turns: a byte every second.

It needs no database: a worker that cannot renew its lease because another one blocks it is not
the one that stands still.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PULSE_S = 1.0
"""Seconds between two signs."""


@asynccontextmanager
async def pulse(descriptor: int | None) -> AsyncIterator[None]:
    """Gives signs into the pipe as long as the body runs; without a pipe none."""
    if descriptor is None:
        yield
        return
    os.set_blocking(descriptor, False)
    beating = asyncio.create_task(_beat(descriptor))
    try:
        yield
    finally:
        beating.cancel()


async def _beat(descriptor: int) -> None:
    while True:
        with suppress(BlockingIOError, BrokenPipeError):
            os.write(descriptor, b".")
        await asyncio.sleep(PULSE_S)


class PulseReader:
    """The supervisor's end of the pipe."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        """`writing` is for the child; to be closed here once it is started."""
        os.set_blocking(self._reading, False)
        self.has_begun = False
        self._felt_s = time.monotonic()

    def silent_s(self) -> float:
        """Seconds since the last sign, or since the start."""
        # Read before it is judged: this process may have stood still itself.
        with suppress(BlockingIOError):
            while os.read(self._reading, 4096):
                self.has_begun, self._felt_s = True, time.monotonic()
        return time.monotonic() - self._felt_s

    def started(self) -> None:
        """The child has its end of the pipe."""
        os.close(self.writing)

    def close(self) -> None:
        """The child is gone."""
        os.close(self._reading)
