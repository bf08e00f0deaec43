"""The message as it goes over the wire: line ends checked, dots doubled (RFC 5321, 4.5.2).

Large bodies are cut into portions when they are written, so that no second copy of them is made.
"""

from __future__ import annotations

from collections.abc import Iterator

from panel.domain.body import Body
from panel.drivers.contract import Parcel

PORTION = 65536
"""Octets, about: what is written at once."""

_CRLF = b"\r\n"


def has_bare_line_end(message: Body) -> bool:
    """Whether a CR or LF stands alone; servers that take it for a line end can be made to see a
    second, forged mail in the content.
    """
    if len(message) > PORTION:
        pairs = message.count(_CRLF)
        return pairs != message.count(b"\n") or pairs != message.count(b"\r")
    # The same for less time and some memory: without the pairs nothing of them may be left.
    rest = b"".join(message[:].split(_CRLF))
    return b"\r" in rest or b"\n" in rest


def wire_content(parcel: Parcel) -> Iterator[bytes]:
    """Header, empty line and body in portions, dots doubled, ended by CRLF, without the dot."""
    body = parcel.body
    head = stuff_dots(parcel.header + _CRLF)
    if len(body) <= PORTION:
        return iter((b"".join((head, stuff_dots(body[:]), last_line_end(body))),))
    return _stuffed_portions(head, body)


def last_line_end(body: Body) -> bytes:
    """What the body lacks to end with a line end."""
    return b"" if not len(body) or body[-len(_CRLF) :] == _CRLF else _CRLF


def stuff_dots(content: bytes) -> bytes:
    """Doubles each dot that begins a line; the content begins with one."""
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content.startswith(b".") else content


def portions(content: Body, start: int, stop: int) -> Iterator[bytes]:
    """The octets from one place to another, cut where it comes."""
    for place in range(start, stop, PORTION):
        yield content[place : min(place + PORTION, stop)]


def _stuffed_portions(head: bytes, body: Body) -> Iterator[bytes]:
    yield head + b"." if body[:1] == b"." else head
    start = 0
    while start < len(body):
        end = _place_to_cut(body, start + PORTION)
        yield body[start:end].replace(b"\r\n.", b"\r\n..")
        start = end
    yield last_line_end(body)


def _place_to_cut(body: Body, end: int) -> int:
    """Neither between CR and LF nor before a dot: what is to be doubled lies in one portion."""
    if body[end - 1 : end] == b"\r":
        end += 1
    return end + 1 if body[end : end + 1] == b"." else end
