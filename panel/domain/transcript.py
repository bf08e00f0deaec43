"""What was said between Postroom and a server about one mail: the form in which it is kept.

A line is `C: MAIL FROM:<a@b.test>` (Postroom), `S: 250 ok` (the server), or `-: content 1830`,
which stands for what is not repeated: an `Event`, and what belongs to it. Secrets and the content
of the mail are never in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

LONGEST_KEPT = 8000
"""Characters of a transcript that are kept; of a longer one the lines in the middle go."""
_TAIL = 3000
"""Characters at the end that are kept in any case: there it went wrong."""


class Event(StrEnum):
    """What a line tells that nobody said."""

    EARLIER = "earlier"
    """Over the same connection so many mails had gone before."""
    ENCRYPTED = "encrypted"
    OTHERS = "others"
    """So many other recipients were named as well."""
    CONTENT = "content"
    """The mail itself went out, of so many octets."""
    CUT = "cut"
    """So many lines are left out."""
    END = "end"
    """How it ended where no answer tells that, in technical English."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `who` is `C` or `S`, or None, and then `event` says what the line tells."""

    who: str | None
    text: str
    """What was said, or what belongs to the event."""
    event: Event | None = None


def kept(lines: Sequence[str]) -> str:
    """The lines as one text, cut in the middle where they are too many."""
    whole = "\n".join(lines)
    if len(whole) <= LONGEST_KEPT:
        return whole
    first = _fitting(lines, LONGEST_KEPT - _TAIL - len("-: cut 1000\n\n"))
    last = _fitting(lines[::-1], _TAIL)[::-1]
    left = len(lines) - len(first) - len(last)
    return "\n".join((*first, f"-: {Event.CUT} {left}", *last))


def read(text: str) -> tuple[Line, ...]:
    """The lines of a kept transcript; what an other version wrote stands as it is."""
    return tuple(_line(line) for line in text.split("\n")) if text else ()


def _fitting(lines: Sequence[str], room: int) -> Sequence[str]:
    for place, line in enumerate(lines):
        room -= len(line) + 1
        if room < 0:
            return lines[:place]
    return lines


def _line(line: str) -> Line:
    who, _colon, text = line.partition(": ")
    if who in ("C", "S"):
        return Line(who, text)
    word, _space, rest = text.partition(" ")
    if who == "-" and word in set(Event):
        return Line(None, rest, Event(word))
    return Line(None, line)
