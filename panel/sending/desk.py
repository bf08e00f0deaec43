"""What the rounds of one worker share: its writer, its connections, its view of the providers."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from panel.sending.ledger import Ledger
from panel.sending.lines import Lines
from panel.sending.roster import Roster
from panel.storage.queue.leases import LEASE


@dataclass(slots=True)
class Lease:
    """Until when this worker may act, by the clock that no administrator can set back."""

    valid_until_s: float = field(default_factory=lambda: time.monotonic() + LEASE.total_seconds())

    def extend(self, from_s: float) -> None:
        """The lease was renewed by a write that began at `from_s` (monotonic seconds)."""
        self.valid_until_s = from_s + LEASE.total_seconds()

    def end(self) -> None:
        """Others have taken this worker for dead."""
        self.valid_until_s = 0.0

    @property
    def is_valid(self) -> bool:
        """False once the worker slept past its lease: it may neither send nor write."""
        return time.monotonic() < self.valid_until_s


@dataclass(slots=True)
class Desk:
    """Everything that a round needs."""

    worker_id: str
    ledger: Ledger
    lines: Lines
    roster: Roster
    lease: Lease

    def now(self) -> datetime:
        """The present time."""
        return datetime.now(UTC)

    def jitter(self) -> float:
        """A random number from -1 to 1."""
        return random.uniform(-1, 1)
