"""Turns the bytes that a server sends into replies, within limits.

Tolerant where servers are known to be careless (bare LF, bytes beyond ASCII, long lines), and firm
where a careless reading would let replies and commands fall out of step.
"""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.reply import Reply

LONGEST_LINE = 4096
"""Octets; RFC 5321 section 4.5.3.1.5 grants 512, real servers exceed that."""
MOST_LINES = 100
LONGEST_REPLY = 65536
_CODE_LENGTH = 3
_MOST_KNOWN = 32
_LONGEST_KNOWN = 128


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is not an SMTP reply; nothing after it can be trusted."""

    detail: str


class ReplyParser:
    """Fed with bytes in any portions; the same replies come out however they are cut.

    Servers say the same few lines over and over: those that were heard first are kept as replies.
    """

    __slots__ = ("_code", "_is_dead", "_known", "_lines", "_octets", "_rest")

    def __init__(self) -> None:
        """Starts between replies."""
        self._rest = b""
        self._code = 0
        self._lines: list[str] = []
        self._octets = 0
        self._is_dead = False
        self._known: dict[bytes, Reply] = {}

    @property
    def is_between_replies(self) -> bool:
        """Whether nothing of a further reply has arrived."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> list[Reply | Malformed]:
        """The replies completed by `data`; ends with `Malformed` at the first bad line, after
        which the parser stays silent.
        """
        if self._is_dead:
            return []
        lines = (self._rest + data if self._rest else data).split(b"\n")
        self._rest = lines.pop()
        found: list[Reply | Malformed] = []
        for line in lines:
            known = None if self._lines else self._known.get(line)
            result = known or self._take(line)
            if result is not None:
                found.append(result)
            if self._is_dead:
                return found
        if len(self._rest) > LONGEST_LINE:
            found.append(self._die("a line is too long"))
        return found

    def _take(self, line: bytes) -> Reply | Malformed | None:
        fault = self._fault_of(line)
        if fault:
            return self._die(fault)
        self._code = int(line[:_CODE_LENGTH])
        text = line[_CODE_LENGTH + 1 :].rstrip(b"\r").decode("utf-8", "replace")
        if line[_CODE_LENGTH : _CODE_LENGTH + 1] == b"-":
            self._lines.append(text)
            self._octets += len(line)
            return None
        if not self._lines:
            return self._learn(line, Reply(self._code, (text,)))
        reply = Reply(self._code, (*self._lines, text))
        self._lines = []
        self._octets = 0
        return reply

    def _learn(self, line: bytes, reply: Reply) -> Reply:
        if len(self._known) < _MOST_KNOWN and len(line) <= _LONGEST_KNOWN:
            self._known[line] = reply
        return reply

    def _fault_of(self, line: bytes) -> str:
        if len(line) > LONGEST_LINE:
            return "a line is too long"
        code, separator = line[:_CODE_LENGTH], line[_CODE_LENGTH : _CODE_LENGTH + 1]
        if not (code.isdigit() and b"200" <= code < b"600" and separator in b" -\r"):
            return f"not a reply: {_shown(line)}"
        if self._lines and int(code) != self._code:
            return f"codes that do not match: {_shown(line)} after {self._code}"
        if len(self._lines) >= MOST_LINES or self._octets > LONGEST_REPLY:
            return "a reply has too many lines"
        return ""

    def _die(self, detail: str) -> Malformed:
        self._is_dead = True
        self._rest = b""
        self._lines = []
        return Malformed(f"The server does not speak SMTP here: {detail}")


def _shown(line: bytes) -> str:
    return ascii(line[:60].rstrip(b"\r").decode("utf-8", "replace"))
