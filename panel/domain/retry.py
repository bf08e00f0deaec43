"""When a mail that had to wait is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta


def _minutes(*delays: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=delay) for delay in delays)


SYSTEM_SCHEDULE = _minutes(1, 2, 4, 8, 15, 30, 60, 120, 240, 480)
"""Somebody waits for a code: it comes back soon."""
SCHEDULE = _minutes(1, 3, 8, 15, 30, 60, 120, 240, 240, 480)
"""Delays between rounds; the last one repeats until the delivery expires."""
CAMPAIGN_SCHEDULE = _minutes(5, 15, 30, 60, 120, 240, 480)
"""Nobody waits for it: it leaves the other side in peace."""
JITTER = 0.1
"""Delays vary by a tenth, so that mails that failed together do not come back together."""
NO_PROVIDER_DELAY = timedelta(seconds=60)
"""How soon a mail that found no usable provider looks again; it is also woken by changes."""


def next_attempt_at(
    retries: int,
    schedule: Sequence[timedelta],
    *,
    now: datetime,
    jitter: float,
    at_least_s: int | None = None,
) -> datetime:
    """The time of the next round after `retries` earlier ones, by a schedule of one or more delays.

    `jitter` is a random number from -1 to 1; `at_least_s` is the wait the other side asked for.
    """
    delay = schedule[min(retries, len(schedule) - 1)] * (1 + JITTER * jitter)
    return now + max(delay, timedelta(seconds=at_least_s or 0))
