"""The form of an explanation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, then what to do; English, to be translated where it is shown."""

    cause: str
    advice: str
