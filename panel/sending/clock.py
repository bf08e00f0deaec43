"""What time it is for the sender: the database's time, not misled by a clock that somebody sets.

Workers on several machines thus agree on when mail is due, a budget's window begins and a breaker
may be tried, whatever their own clocks say.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

log = structlog.get_logger(__name__)
AGREEMENT_S = 1.0
"""Two clocks that differ by less count as the same."""
STEADY_S = 60.0
"""How long a clock that was set must go on without another jump before it is believed."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_RUNNING_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def clock_s() -> float:
    """Seconds by a clock that nobody can set and that goes on while the machine sleeps."""
    return time.clock_gettime(_RUNNING_CLOCK)


class Clock:
    """One for a worker; `look` is called every few seconds with what the database says.

    Times of day are kept as their distance from `clock_s`, which changes only when a clock is set.
    """

    def __init__(self) -> None:
        self._distance_s = time.time() - clock_s()
        self._has_looked = False
        self._doubtful_s: float | None = None
        """The distance that a clock that was set has now, while it is not believed yet."""
        self._doubted_from_s = 0.0

    def now(self) -> datetime:
        """The present time: this machine's where it agrees with the one that is believed."""
        believed_s = clock_s() + self._distance_s
        if abs(time.time() - believed_s) < AGREEMENT_S:
            return datetime.now(UTC)
        return _EPOCH + timedelta(seconds=believed_s)

    def own_time(self) -> datetime:
        """What this machine's clock says, set or not: on SQLite it is the database's."""
        return datetime.now(UTC)

    @property
    def is_steady(self) -> bool:
        """Whether the clocks agree; while not, nothing is ended or removed for its age."""
        return self._doubtful_s is None

    def look(self, at: datetime, *, from_s: float, to_s: float) -> None:
        """The database said that it is `at`, at a moment between these two by `clock_s`."""
        at_s = (at - _EPOCH).total_seconds()
        seen = _Distance(at_s - to_s, at_s - from_s)
        if not self._has_looked or seen.is_near(self._distance_s):
            self._believe(seen)
        elif self._doubtful_s is None or not seen.is_near(self._doubtful_s):
            self._doubt(seen)
        elif clock_s() - self._doubted_from_s >= STEADY_S:
            self._believe(seen)

    def _believe(self, seen: _Distance) -> None:
        nearest_s = seen.nearest(self._distance_s)
        if not seen.is_near(self._distance_s):
            event = "clock_believed" if self._has_looked else "clock_differs_from_database"
            log.warning(event, jump_s=round(nearest_s - self._distance_s))
        self._distance_s, self._has_looked, self._doubtful_s = nearest_s, True, None

    def _doubt(self, seen: _Distance) -> None:
        """A jump: the old time is carried on until the new one has been steady for a while."""
        self._doubtful_s = seen.nearest(self._distance_s)
        self._doubted_from_s = clock_s()
        log.warning("clock_jumped", jump_s=round(self._doubtful_s - self._distance_s))


@dataclass(frozen=True, slots=True)
class _Distance:
    """What a look tells of the distance: no more than two bounds when the answer took long."""

    least_s: float
    most_s: float

    def is_near(self, other_s: float) -> bool:
        return self.least_s - AGREEMENT_S < other_s < self.most_s + AGREEMENT_S

    def nearest(self, other_s: float) -> float:
        return min(max(other_s, self.least_s), self.most_s)
