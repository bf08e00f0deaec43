"""Collects what is said over a connection, for people; secrets are masked before it comes here."""

from __future__ import annotations

import re

from panel.domain.transcript import Event, kept

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_MOST_LINES = 200
_LONGEST_LINE = 500


class Transcript:
    """Lines such as `C: EHLO client` and `S: 250 server`, up to a limit."""

    def __init__(self) -> None:
        """Starts empty."""
        self._lines: list[str] = []

    @property
    def lines(self) -> tuple[str, ...]:
        """Everything so far."""
        return tuple(self._lines[:_MOST_LINES])

    @property
    def text(self) -> str:
        """Everything so far in the form in which it is kept with an attempt."""
        return kept(self._lines)

    def note(self, who: str, text: str) -> None:
        """Adds a line; control characters become `?`."""
        self._lines.append(f"{who}: {_CONTROL.sub('?', text)[:_LONGEST_LINE]}")

    def tell(self, event: Event, text: object = "") -> None:
        """Adds a line that nobody said."""
        self.note("-", f"{event} {text}".rstrip())
