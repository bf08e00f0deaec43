"""Failover drills: one test mail for which the first provider of its chain counts as down.

It is followed over one round: the next provider takes it, or the drill has failed.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from panel.domain.delivery import DeliveryState

LIFE = timedelta(minutes=10)
"""How long the mail of a drill may be sent; without a worker the drill ends then."""
GOING_STATES = frozenset({DeliveryState.QUEUED, DeliveryState.SENDING})
"""Its mail is waiting for its round, or on it."""


class DrillResult(StrEnum):
    """How a drill ended."""

    PASSED = "passed"
    """Another provider than the one that counted as down took the mail."""
    FAILED = "failed"
    """Nobody took it in its round."""


def drill_result(state: DeliveryState | None, *, was_taken: bool) -> DrillResult | None:
    """None while the drill goes on; `state` is None when its mail was deleted.

    A mail that only counts as sent, as its answer was lost, was not taken.
    """
    if was_taken:
        return DrillResult.PASSED
    return None if state in GOING_STATES else DrillResult.FAILED
