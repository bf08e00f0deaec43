"""How many recipients a partner may hand in within an hour and a day, counted by clock hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HOURS = 24
"""Of a day: the present clock hour and those before it."""
LARGEST_QUOTA = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Quota:
    """The most recipients; None: as many as they like."""

    hourly: int | None = None
    daily: int | None = None

    @property
    def is_set(self) -> bool:
        """Whether it limits anything."""
        return self.hourly is not None or self.daily is not None

    @property
    def least(self) -> int | None:
        """What can be handed in at once at all; None: anything."""
        return min((each for each in (self.hourly, self.daily) if each is not None), default=None)

    def hours_to_wait(self, used: Sequence[int], more: int) -> int:
        """In how many clock hours `more` recipients fit, 0: now.

        `used` are those of the last 24 clock hours, the present one last. `more` is not above
        `least`.
        """
        return next(wait for wait in range(HOURS + 1) if self._fits(used, more, wait))

    def _fits(self, used: Sequence[int], more: int, wait: int) -> bool:
        hour = 0 if wait else used[-1]
        day = sum(used[wait:])
        return (self.hourly is None or hour + more <= self.hourly) and (
            self.daily is None or day + more <= self.daily
        )


def hour_of(now: datetime) -> datetime:
    """When the clock hour of `now` began."""
    return now.replace(minute=0, second=0, microsecond=0)


def last_hours(now: datetime) -> list[datetime]:
    """When each clock hour of the day up to `now` began, the present one last."""
    present = hour_of(now)
    return [present - timedelta(hours=back) for back in reversed(range(HOURS))]
