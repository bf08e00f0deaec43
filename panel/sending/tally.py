"""Counts what comes of a worker's attempts, for the screens; written every few seconds.

A worker that is killed takes the count of its last seconds along. What became of each mail stands
in the mailing log, not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from panel.domain.outcome import Effect, Move, Outcome, Scope
from panel.sending.ledger import Ledger
from panel.storage.queue import minutes
from panel.storage.queue.minutes import Sums

FLUSH_S = 2.0
"""Seconds from the first attempt that is counted until the count is written."""
_NO_TROUBLE = frozenset({Effect.NONE, Effect.RECOVER, Effect.REFUSE_SENDER})


class Tally:
    """One for a worker; called on its event loop."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._counted: dict[int, dict[datetime, Sums]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def note(
        self, provider_id: int, outcomes: Sequence[Outcome], *, began_at: datetime, at: datetime
    ) -> None:
        """Counts the outcomes of one try that ended at `at`, one for each recipient."""
        minute_at = at.replace(second=0, microsecond=0)
        sums = self._counted.setdefault(provider_id, {}).setdefault(minute_at, Sums())
        took_ms = max(int((at - began_at).total_seconds() * 1000), 0)
        for outcome in outcomes:
            count(sums, outcome, took_ms)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_S, self.flush)

    def flush(self) -> None:
        """Hands what was counted to the ledger."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        counted, self._counted = self._counted, {}
        for provider_id, found in counted.items():
            self._write(provider_id, found)

    def _write(self, provider_id: int, found: dict[datetime, Sums]) -> None:
        self._ledger.post(
            lambda session: minutes.add(session, provider_id, found), provider_id=provider_id
        )


def count(sums: Sums, outcome: Outcome, took_ms: int) -> None:
    """Adds one attempt.

    What is tried again at once, or stopped by ourselves, tells nothing of the provider.
    """
    if outcome.is_sent:
        sums.sent += 1
        sums.sending_ms += took_ms
    elif outcome.effect not in _NO_TROUBLE:
        sums.failed += 1
    elif outcome.move is not Move.AGAIN and outcome.scope is not Scope.OURSELVES:
        sums.refused += 1
