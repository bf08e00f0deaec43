"""One deadline that is moved often and rings seldom."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Moving it later costs no timer: the one that runs looks at the clock and goes on.

    At thousands of mails a second a timer for each wait would be most of the work.
    """

    __slots__ = ("_due_at", "_loop", "_ring", "_timer", "ends_at")

    def __init__(self, ring: Callable[[], object]) -> None:
        """`ring` is called once each time the deadline passes."""
        self._loop = asyncio.get_running_loop()
        self._ring = ring
        self._due_at: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.ends_at: float | None = None
        """A time of the loop's clock that no deadline may go beyond."""

    def set_in(self, seconds: float) -> None:
        """Rings when `seconds` have passed without another call."""
        due_at = self._loop.time() + self.cap(seconds)
        self._due_at = due_at
        if self._timer is None or self._timer.when() > due_at:
            self._restart(due_at)

    def cap(self, seconds: float) -> float:
        """`seconds`, or what is left until `ends_at`, never less than none."""
        if self.ends_at is None:
            return seconds
        return max(0.0, min(seconds, self.ends_at - self._loop.time()))

    def clear(self) -> None:
        """Does not ring any more; the timer may run out silently."""
        self._due_at = None

    def close(self) -> None:
        """Drops the timer as well."""
        self._due_at = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _restart(self, due_at: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due_at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        if self._due_at is None:
            return
        if self._loop.time() < self._due_at:
            self._restart(self._due_at)
            return
        self._due_at = None
        self._ring()
