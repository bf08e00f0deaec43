"""What the rounds of one worker share: its writer, its connections, its view of the providers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from panel.sending.clock import Clock, clock_s
from panel.sending.large_bodies import LargeBodies
from panel.sending.ledger import Ledger
from panel.sending.roster import Roster
from panel.sending.tally import Tally
from panel.storage.queue.leases import LEASE

if TYPE_CHECKING:
    from panel.sending.lines import Lines

__all__ = ["Desk", "Lease", "clock_s"]


@dataclass(slots=True)
class Lease:
    """Until when this worker may act, by `clock_s`."""

    valid_until_s: float = field(default_factory=lambda: clock_s() + LEASE.total_seconds())
    is_over: bool = False
    """It ran out, or others have taken this worker for dead; it does not begin again."""

    def extend(self, from_s: float) -> None:
        """The lease was renewed by a write that began at `from_s`."""
        self.valid_until_s = from_s + LEASE.total_seconds()

    def end(self) -> None:
        """Others have taken this worker for dead."""
        self.is_over = True

    @property
    def is_valid(self) -> bool:
        """False once the worker slept past its lease: it may not send any more.

        Whoever has seen it so must be able to rely on it: the worker then ends.
        """
        self.is_over = self.is_over or clock_s() >= self.valid_until_s
        return not self.is_over


@dataclass(slots=True)
class Desk:
    """Everything that a round needs."""

    worker_id: str
    ledger: Ledger
    lines: Lines
    roster: Roster
    lease: Lease
    clock: Clock = field(default_factory=Clock)
    tally: Tally = field(init=False)
    large: LargeBodies = field(init=False)
    _tick: float = -1.0
    _now: datetime = datetime.min.replace(tzinfo=UTC)
    _time: Callable[[], float] | None = None
    """That of the running loop."""

    def __post_init__(self) -> None:
        self.tally = Tally(self.ledger)
        self.large = LargeBodies(self.ledger.engine)

    def now(self) -> datetime:
        """The present time, the same for all workers of a database.

        Each mail asks for it often: within one turn of uvloop's loop it is the same.
        """
        time = self._time or self._loop_time()
        tick = time()
        if tick != self._tick:
            self._tick, self._now = tick, self.clock.now()
        return self._now

    def _loop_time(self) -> Callable[[], float]:
        self._time = asyncio.get_running_loop().time
        return self._time

    def jitter(self) -> float:
        """A random number from -1 to 1."""
        return random.uniform(-1, 1)
