"""How much mail a made history holds, and how its rows hang together.

Attempts are numbered in the order of time, in groups of five: four first tries of four deliveries
one after the other, then the second try of the first delivery of an older group.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.storage.types import to_microseconds

PER_GROUP = 5
FIRST_TRIES = 4
SPAN = timedelta(days=120)
"""From the first attempt to the last one."""
AT_WORK = 20
"""Deliveries that are being sent at the end."""
SCATTERED = 20
"""Every so-manieth delivery of the whole time still waits."""
DELAY_GROUPS = 2000
"""After how many groups the second try comes, in a history that is long enough."""


@dataclass(frozen=True, slots=True)
class Measures:
    """A history with about these many attempts, and these many deliveries that have not ended."""

    attempts_wanted: int
    waiting: int
    now: datetime

    @property
    def delay(self) -> int:
        """Groups between the first try and the second."""
        return min(DELAY_GROUPS, self.attempts_wanted // PER_GROUP // 4)

    @property
    def groups(self) -> int:
        """Groups of attempts; the first ones lack their second try."""
        return (self.attempts_wanted + self.delay) // PER_GROUP

    @property
    def places(self) -> int:
        """Places for attempts, of which `delay` stay empty."""
        return self.groups * PER_GROUP

    @property
    def tried(self) -> int:
        """Deliveries with an attempt."""
        return self.groups * FIRST_TRIES

    @property
    def deliveries(self) -> int:
        """All deliveries; those that nobody has tried yet come last."""
        untried = self.waiting - self.tried // SCATTERED - self.delay - AT_WORK
        return self.tried + max(0, untried)

    @property
    def values(self) -> dict[str, int]:
        """What the statements of `columns` are bound to; times in microseconds."""
        now = to_microseconds(self.now)
        span = int(SPAN / timedelta(microseconds=1))
        return {
            "groups": self.groups,
            "delay": self.delay,
            "tried": self.tried,
            "places": self.places,
            "addresses": max(1, self.deliveries // 3),
            "now": now,
            "began": now - span,
            "step": span // (self.places + 1),
        }
