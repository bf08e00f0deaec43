"""What a worker notes of its progress; how the notes are written is in `attempts` and `progress`.

Each carries the claim token of its worker, without which nothing is written. None is changed once
it is made; they are not frozen because making a frozen one takes three times as long.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from panel.domain.decision import Decision
from panel.domain.delivery import Phase
from panel.domain.outcome import Outcome


@dataclass(slots=True)
class Reached:
    """An attempt has got as far as `phase`: a row of the mailing log, in progress.

    The number of an attempt that was announced to one provider and then never made may be used
    again for another provider.
    """

    delivery_id: int
    token: str
    number: int
    partner_id: int | None
    provider_id: int
    """Who may have the mail from `handing_over` on."""
    provider_name: str
    started_at: datetime
    is_copy: bool
    phase: Phase
    """Claimed, connected or handing over."""
    handed_over_at: datetime | None = None


@dataclass(slots=True)
class Ended:
    """An attempt has ended with `outcome`."""

    delivery_id: int
    token: str
    number: int
    outcome: Outcome
    started_at: datetime
    """When the sending really began; it may have been marked before."""
    handed_over_at: datetime | None
    at: datetime


@dataclass(slots=True)
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


@dataclass(slots=True)
class Returned:
    """The delivery goes back into the queue as it was: its round did not come to a decision."""

    delivery_id: int
    token: str
    attempts: int
    """Those that were made; a later one that was only announced is taken off the log."""
    due_at: datetime | None = None
    """When it is due again; None: it keeps its place."""
    provider_id: int | None = None
    """Who was tried last; None: as it is noted already."""
