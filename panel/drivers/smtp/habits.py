"""What was learnt of a server while mail went to it, beyond what it says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.outcome import Outcome


@dataclass(slots=True)
class Habits:
    """Shared by all connections of a process to one server; better beliefs come first."""

    takes_early_commands: bool = True
    """It bears the next mail's commands in one write with the end of a content."""
    takes_chunks: bool = True
    """It knows BDAT when it offers CHUNKING."""
    accepted: Outcome | None = None
    """What its last yes to a content meant: servers that name no id say the same each time."""
