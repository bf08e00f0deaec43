"""One worker's eye on the others: who has stood still so long that he counts as dead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from panel.storage.queue.leases import LEASE, RENEWAL_S, Sign

PATIENCE_S = LEASE.total_seconds() + 1.0
"""Seconds without a new beat after which a worker counts as dead.

Longer than it may act, by more than two machines' clocks drift apart meanwhile.
"""
LONGEST_STEP_S = 2 * RENEWAL_S
"""What the time between two looks counts at most: while the database was out of reach, or this
process stood still, the others may have lived unseen."""


@dataclass(frozen=True, slots=True)
class _Sight:
    beat: int
    still_s: float
    """How long the beat has stood still before our eyes; never more than it really has."""


class Watch:
    """What has been seen of each worker; measured by the clock of whoever looks."""

    def __init__(self) -> None:
        self._sights: dict[str, _Sight] = {}
        self._looked_s: float | None = None

    def look(self, signs: Iterable[Sign], *, at_s: float) -> list[Sign]:
        """Those who count as dead. `at_s`, by `clock_s`, was read after the signs were."""
        step_s = 0.0 if self._looked_s is None else min(at_s - self._looked_s, LONGEST_STEP_S)
        self._looked_s = at_s
        living = [sign for sign in signs if not sign.is_dead]
        self._sights = {sign.worker_id: self._seen(sign, step_s) for sign in living}
        return [sign for sign in living if self._sights[sign.worker_id].still_s >= PATIENCE_S]

    def _seen(self, sign: Sign, step_s: float) -> _Sight:
        before = self._sights.get(sign.worker_id)
        if before is None or before.beat != sign.beat:
            return _Sight(sign.beat, 0.0)
        return _Sight(sign.beat, before.still_s + step_s)
