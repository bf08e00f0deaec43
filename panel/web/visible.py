"""Text of strangers made harmless to read: what cannot be seen is shown as what it is."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # control characters
    "\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # marks of direction, zero width
    "\u2028\u2029"  # line and paragraph separators
    "\ud800-\udfff]"  # halves of a character
)


def visible(text: str) -> str:
    """`text` with control characters, marks of direction and the like replaced by their names.

    A line feed becomes `⟨U+000A⟩`, a right-to-left override `⟨U+202E⟩`.
    """
    return _UNSEEN.sub(_name, text)


def header_lines(header: bytes) -> list[str]:
    r"""A header section line by line, undecodable bytes as `\xNN`."""
    text = header.decode("utf-8", errors="backslashreplace")
    return [visible(line) for line in text.removesuffix("\r\n").split("\r\n")]


def _name(found: re.Match[str]) -> str:
    return f"⟨U+{ord(found.group()):04X}⟩"
