"""An answer of a mail server, reduced to what decisions and screens need."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ENHANCED = re.compile(r"^([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete SMTP reply (RFC 5321 section 4.2): a code and its lines of text."""

    code: int
    lines: tuple[str, ...] = ()

    @property
    def enhanced(self) -> str | None:
        """The enhanced status code (RFC 3463) that opens the text, or None.

        An odd one (wrong class, missing part) counts as absent: the code alone decides then.
        """
        found = _ENHANCED.match(self.lines[0]) if self.lines else None
        if found is None or found.group(1) != str(self.code)[0]:
            return None
        return found.group(0)

    @property
    def text(self) -> str:
        """The lines as one, control characters replaced by `?`, at most `LONGEST_TEXT` long."""
        said = " ".join(self.lines)
        if not said.isprintable():
            said = _CONTROL.sub("?", said)
        return said[:LONGEST_TEXT]

    @property
    def is_positive(self) -> bool:
        """2yz: done as asked."""
        return 200 <= self.code < 300

    @property
    def is_intermediate(self) -> bool:
        """3yz: go on."""
        return 300 <= self.code < 400

    def __str__(self) -> str:
        return f"{self.code} {self.text}".rstrip()
