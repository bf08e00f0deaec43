"""Why a try cannot go on, before it is judged: what every part of a driver reports upwards."""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happened and when; `detail` is technical English, `reply` what the other side said."""

    stage: Stage
    fault: Fault
    detail: str = ""
    reply: Reply | None = None
