"""IPv6 addresses that carry an IPv4 address: which ones, and what is inside.

`ipaddress.is_global` takes several of these for public while the packet goes to the inside.
"""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network

_FULL = 0xFFFF_FFFF
_ISATAP_MARKS = (0x0000_5EFE, 0x0200_5EFE)


def inner_addresses(ip: IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that `ip` stands for; empty for a plain IPv6 address."""
    number = int(ip)
    for network, reads in _FORMS:
        if ip in network and number > 1:
            return tuple(IPv4Address(read(number)) for read in reads)
    if (number >> 32) & _FULL in _ISATAP_MARKS:
        return (IPv4Address(number & _FULL),)
    return ()


def _at(shift: int) -> Callable[[int], int]:
    return lambda number: (number >> shift) & _FULL


def _teredo_client(number: int) -> int:
    return (number & _FULL) ^ _FULL


_FORMS: tuple[tuple[IPv6Network, tuple[Callable[[int], int], ...]], ...] = (
    (IPv6Network("::ffff:0:0/96"), (_at(0),)),  # v4-mapped, RFC 4291 section 2.5.5.2
    (IPv6Network("::/96"), (_at(0),)),  # v4-compatible, RFC 4291 section 2.5.5.1
    (IPv6Network("::ffff:0:0:0/96"), (_at(0),)),  # v4-translated, RFC 2765
    (IPv6Network("64:ff9b::/96"), (_at(0),)),  # NAT64, RFC 6052
    (IPv6Network("2002::/16"), (_at(80),)),  # 6to4, RFC 3056
    (IPv6Network("2001::/32"), (_at(64), _teredo_client)),  # Teredo, RFC 4380: server, client
)
