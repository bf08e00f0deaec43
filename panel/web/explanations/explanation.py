"""The form of an explanation."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened, then what to do; translated when it is shown."""

    cause: LazyString
    advice: LazyString
