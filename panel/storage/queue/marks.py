"""What a worker notes of its progress; how the notes are written is in `attempts` and `progress`.

Each carries the claim token of its worker, without which nothing is written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from panel.domain.decision import Decision
from panel.domain.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Began:
    """An attempt begins: a row of the mailing log, in progress."""

    delivery_id: int
    token: str
    number: int
    partner_id: int | None
    provider_id: int
    provider_name: str
    at: datetime
    is_copy: bool


@dataclass(frozen=True, slots=True)
class HandingOver:
    """All is ready for the final dot, or for a connection on which it will soon go out."""

    delivery_id: int
    token: str
    provider_id: int
    """Who may have it from now on."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt has ended with `outcome`."""

    delivery_id: int
    token: str
    number: int
    outcome: Outcome
    handed_over_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """A round has ended: the delivery leaves the worker's hands."""

    delivery_id: int
    token: str
    decision: Decision
    attempts: int
    provider_id: int | None
    attempted_at: datetime | None
    sticky_provider_id: int | None
    """Who must be tried first in the next round."""
    route: list[dict[str, Any]]
    at: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """The delivery goes back into the queue as it was: its round did not come to a decision."""

    delivery_id: int
    token: str
    attempts: int
