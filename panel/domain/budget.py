"""The sending allowance of a provider: how much of it is used, and when more is free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from panel.domain.provider import Limits

WINDOWS_S = (1, 60, 3600, 86400)
"""Lengths of the windows in seconds; each begins at a multiple of its length since 1970."""


def window_start(window_s: int, now: datetime) -> datetime:
    """The beginning of the window that `now` lies in."""
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % window_s, UTC)


@dataclass(frozen=True, slots=True)
class Usage:
    """Recipients used in one window."""

    window_s: int
    started_at: datetime
    used: int


@dataclass(frozen=True, slots=True)
class Share:
    """How much of one limit is used."""

    window_s: int
    used: int
    limit: int
    ends_at: datetime
    """When its window ends and all of it is free again."""

    @property
    def is_used_up(self) -> bool:
        """Whether nothing more may be sent before `ends_at`."""
        return self.used >= self.limit


def shares(limits: Limits, usages: tuple[Usage, ...], *, now: datetime) -> tuple[Share, ...]:
    """Each limit that is set, and how much of it is used in the present window."""
    used = _used(usages)
    begins = {window_s: window_start(window_s, now) for window_s in WINDOWS_S}
    return tuple(
        Share(
            window_s,
            used.get((window_s, begins[window_s]), 0),
            limit,
            begins[window_s] + timedelta(seconds=window_s),
        )
        for window_s, limit in limited_windows(limits)
    )


def limited_windows(limits: Limits) -> tuple[tuple[int, int], ...]:
    """Window length and our allowance for each limit that is set.

    Ours is what other systems leave of the vendor's limit; 0 means that nothing may be sent.
    """
    values = (
        (limits.per_second, limits.elsewhere_per_second),
        (limits.per_minute, limits.elsewhere_per_minute),
        (limits.per_hour, limits.elsewhere_per_hour),
        (limits.per_day, limits.elsewhere_per_day),
    )
    return tuple(
        (window_s, max(limit - elsewhere, 0))
        for window_s, (limit, elsewhere) in zip(WINDOWS_S, values, strict=True)
        if limit is not None
    )


def left(limits: Limits, usages: tuple[Usage, ...], *, now: datetime) -> int | None:
    """How many recipients may still be sent to at once; None without any limit."""
    used = _used(usages)
    return min(
        (
            max(limit - used.get((window_s, window_start(window_s, now)), 0), 0)
            for window_s, limit in limited_windows(limits)
        ),
        default=None,
    )


def free_again_at(limits: Limits, usages: tuple[Usage, ...], *, now: datetime) -> datetime | None:
    """None while the allowance is not used up, else the end of the fullest window."""
    used = _used(usages)
    full = [
        window_start(window_s, now) + timedelta(seconds=window_s)
        for window_s, limit in limited_windows(limits)
        if used.get((window_s, window_start(window_s, now)), 0) >= limit
    ]
    return max(full, default=None)


def _used(usages: tuple[Usage, ...]) -> dict[tuple[int, datetime], int]:
    return {(usage.window_s, usage.started_at): usage.used for usage in usages}
