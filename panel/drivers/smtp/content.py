"""The message as it goes over the wire: line ends checked, dots doubled (RFC 5321, 4.5.2)."""

from __future__ import annotations

from panel.drivers.contract import Parcel

_CRLF = b"\r\n"


def has_bare_line_end(message: bytes) -> bool:
    """Whether a CR or LF stands alone; servers that take it for a line end can be made to see a
    second, forged mail in the content.
    """
    pairs = message.count(_CRLF)
    return pairs != message.count(b"\n") or pairs != message.count(b"\r")


def wire_content(parcel: Parcel) -> bytes:
    """Header, empty line and body, ended by CRLF, without the final dot."""
    end = b"" if parcel.body.endswith(_CRLF) or not parcel.body else _CRLF
    return stuff_dots(b"%b\r\n%b%b" % (parcel.header, parcel.body, end))


def stuff_dots(content: bytes) -> bytes:
    """Doubles each dot that begins a line."""
    if b"\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    return b"." + content if content.startswith(b".") else content
