"""The last hour of a provider as twelve bars, drawn by paths, as styles are not allowed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from panel.services.provider_health import Bucket

HEIGHT, WIDTH, GAP = 20, 5, 1
"""In units of the drawing, which are pixels."""
FULL = 4
"""So many attempts at least fill the height: one mail in a quiet hour is not a peak."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Outlines of all bars that went well and of all that did not; `label` says it in words."""

    width: int
    height: int
    ground: str
    sound: str
    failed: str
    label: str


def bars(buckets: Sequence[Bucket], *, label: str) -> Bars:
    """What failed stands on top of what was sent or refused for other reasons."""
    most = max(FULL, *(bucket.attempts for bucket in buckets))
    ground, sound, failed = [], [], []
    for place, bucket in enumerate(buckets):
        x = place * (WIDTH + GAP)
        high = _height(bucket.attempts, most)
        red = min(_height(bucket.failed, most), high)
        ground.append(_bar(x, HEIGHT - 1, 1))
        sound.append(_bar(x, HEIGHT - high + red, high - red))
        failed.append(_bar(x, HEIGHT - high, red))
    return Bars(
        width=len(buckets) * (WIDTH + GAP) - GAP,
        height=HEIGHT,
        ground="".join(ground),
        sound="".join(sound),
        failed="".join(failed),
        label=label,
    )


def _height(count: int, most: int) -> int:
    """At least two pixels for whatever is not nothing."""
    return max(2, round(HEIGHT * count / most)) if count else 0


def _bar(x: int, top: int, height: int) -> str:
    return f"M{x} {top}h{WIDTH}v{height}h-{WIDTH}z" if height else ""
