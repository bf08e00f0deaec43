"""What was said during a live test, for people; secrets are masked before they come here."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MOST_LINES = 200
_LONGEST_LINE = 500


class Transcript:
    """Collects `C: EHLO client` and `S: 250 server`, up to a limit."""

    def __init__(self) -> None:
        """Starts empty."""
        self._lines: list[str] = []

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything so far."""
        return tuple(self._lines)

    def note(self, who: str, text: str) -> None:
        """Adds a line; control characters become `?`."""
        if len(self._lines) < _MOST_LINES:
            self._lines.append(f"{who}: {_CONTROL.sub('?', text)[:_LONGEST_LINE]}")
