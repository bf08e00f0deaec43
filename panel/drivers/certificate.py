"""Reads subject, issuer and end of validity out of a certificate that was not verified.

Python tells these only for verified certificates; a person who switched verification off needs
them most. Nothing here decides about trust.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_SEQUENCE, _SET, _VERSION = 0x30, 0x31, 0xA0
_UTC_TIME = 0x17
_UTF16, _UTF32 = 0x1E, 0x1C
_NAMES = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a screen shows; names as `CN=…, O=…`, `not_after` in ISO 8601."""

    subject: str = ""
    issuer: str = ""
    not_after: str = ""


def read_certificate(der: bytes) -> Certificate:
    """Reads the DER form (RFC 5280 section 4.1); empty strings where it cannot be read."""
    try:
        (_, outer), *_ = _elements(der)
        (_, body), *_ = _elements(outer)
        fields = [each for each in _elements(body) if each[0] != _VERSION]
        _serial, _algorithm, issuer, validity, subject, *_rest = fields
        _starts, ends = _elements(validity[1])
        return Certificate(_name(subject[1]), _name(issuer[1]), _time(*ends))
    except (ValueError, IndexError):
        return Certificate()


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element of a DER sequence (ITU-T X.690 section 8.1)."""
    at = 0
    while at < len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(data[at : at + octets])
            at += octets
        if at + length > len(data):
            raise ValueError(length)
        yield tag, data[at : at + length]
        at += length


def _name(data: bytes) -> str:
    """The parts that people know, most special first (RFC 4514 section 2.1)."""
    parts = []
    for _, relative in _elements(data):
        for _, pair in _elements(relative):
            (_, oid), (tag, value) = _elements(pair)
            if oid in _NAMES:
                parts.append(f"{_NAMES[oid]}={_text(tag, value)}")
    return ", ".join(reversed(parts))


def _text(tag: int, value: bytes) -> str:
    encoding = {_UTF16: "utf-16-be", _UTF32: "utf-32-be"}.get(tag, "utf-8")
    text = value.decode(encoding, "replace")
    return "".join(each if each.isprintable() else "?" for each in text)


def _time(tag: int, value: bytes) -> str:
    """UTCTime has two digits for the year, GeneralizedTime four (RFC 5280 section 4.1.2.5)."""
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(value.decode("ascii"), form).replace(tzinfo=UTC).isoformat()
