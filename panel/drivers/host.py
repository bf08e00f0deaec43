"""The grammar of host names that may be dialled.

Strict on purpose: system resolvers read `2130706433`, `127.1` and `0x7f.1` as addresses, which
would let a name say one thing to a person and another to the network.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata

import idna

_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_IDEOGRAPHIC_DOT = "\u3002"
_LONGEST_NAME = 253
_EXAMPLE = "Write it like smtp.example.net, 192.0.2.25 or 2001:db8::25."


def check_host(name: str) -> str:
    """The host in the form in which it is resolved: ASCII, lower case, international names as
    A-labels (RFC 5890).

    Raises `ValueError`, with one sentence for people, on anything that is not a host name of
    letter-digit-hyphen labels (RFC 1123 section 2.1), four decimal numbers, or an IPv6 address
    without brackets and zone.
    """
    if ":" in name:
        return _ipv6_literal(name)
    ascii_name = name if name.isascii() else _a_labels(name)
    labels = ascii_name.split(".")
    if len(ascii_name) > _LONGEST_NAME or not all(map(_LABEL.fullmatch, labels)):
        raise _bad(name)
    if _NUMBER.fullmatch(labels[-1]):
        return _dotted_quad(name)
    return ascii_name.lower()


def _ipv6_literal(name: str) -> str:
    if "%" in name or not name.isascii():
        raise _bad(name)
    try:
        return str(ipaddress.IPv6Address(name))
    except ValueError:
        raise _bad(name) from None


def _dotted_quad(name: str) -> str:
    try:
        return str(ipaddress.IPv4Address(name))
    except ValueError:
        raise _bad(name) from None


def _a_labels(name: str) -> str:
    """Refuses what becomes something else by mapping: `①` for `1`, other dots for the dot."""
    if unicodedata.normalize("NFKC", name) != name or _IDEOGRAPHIC_DOT in name:
        raise _bad(name)
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except UnicodeError:
        raise _bad(name) from None


def _bad(name: str) -> ValueError:
    shown = name if name.isprintable() else ascii(name)
    return ValueError(f"The host {shown[:80]!r} is not a host name or an address. {_EXAMPLE}")
