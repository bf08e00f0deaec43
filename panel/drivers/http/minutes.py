"""Puts into words what was asked of a mail API and what it answered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from panel.domain.transcript import Event
from panel.drivers.http.exchange import Answer, Request
from panel.drivers.http.masking import masked
from panel.drivers.transcript import Transcript
from panel.drivers.trouble import Trouble

TOLD_HEADERS = ("content-type", "retry-after", "date", "x-request-id", "x-message-id")
"""Of an answer: what a vendor's support asks for. Cookies and the like stay here."""
LONGEST_BODY = 1000
"""Characters of an answer that are told."""
LARGEST_COMPARED = 512 * 1024
"""Octets of a call up to which it is found out whether its answer repeats the mail."""
_SHORTEST_ECHO = 24
_WINDOW = 12
_LEFT_OUT = "…"


def transcript(
    request: Request, calls: Sequence[Answer | Trouble], *, secrets: Sequence[str]
) -> str:
    """Of a call that was made once or several times: never its headers, its key, or its content."""
    made = Transcript()
    for told in calls:
        made.note("C", masked(f"{request.method} {request.path}", secrets))
        if request.body:
            made.tell(Event.CONTENT, len(request.body))
        if isinstance(told, Trouble):
            made.tell(Event.END, masked(told.detail, secrets) or told.fault)
            continue
        made.note("S", f"{told.status} {told.phrase}".rstrip())
        for line in _answer(told, request):
            made.note("S", masked(line, secrets))
    return made.text


def without_echo(text: str, content: bytes) -> str:
    """The text without what it repeats of the content; addresses stay, they are on the envelope."""
    if len(content) > LARGEST_COMPARED:
        return _LEFT_OUT if len(text) >= _SHORTEST_ECHO else text
    known = content.decode("utf-8", "replace")
    made, rest = "", text
    while (found := _echo(rest, known)) is not None:
        start, end = found
        shown = rest[start:end] if _is_address(rest[start:end]) else _LEFT_OUT
        made, rest = made + rest[:start] + shown, rest[end:]
    return made + rest


def _answer(answer: Answer, request: Request) -> Iterator[str]:
    for name in TOLD_HEADERS:
        if name in answer.headers:
            yield f"{name}: {answer.headers[name]}"
    body = answer.body[: LONGEST_BODY * 4].decode("utf-8", "replace")[:LONGEST_BODY]
    for line in without_echo(body, request.body).splitlines():
        if line.strip():
            yield line


def _echo(text: str, known: str) -> tuple[int, int] | None:
    """The first stretch of the text that stands in what is known, as long as it goes."""
    for start in range(0, len(text) - _WINDOW + 1, _WINDOW):
        window = text[start : start + _WINDOW]
        if window not in known:
            continue
        first, last = _stretched(text, known, start, start + _WINDOW)
        if last - first >= _SHORTEST_ECHO:
            return first, last
    return None


def _stretched(text: str, known: str, first: int, last: int) -> tuple[int, int]:
    while last < len(text) and text[first : last + 1] in known:
        last += 1
    while first > 0 and text[first - 1 : last] in known:
        first -= 1
    return first, last


def _is_address(text: str) -> bool:
    return "@" in text and not any(character.isspace() for character in text.strip())
