"""Which addresses and ports outgoing connections may reach.

The answer is given for addresses, never for names: the dialler asks for each address that a name
resolved to, and again for the peer it reached.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from panel.drivers.embedded import inner_addresses
from panel.drivers.host import check_host

__all__ = ["EgressPolicy", "Reach", "Rule", "check_host"]

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_EXAMPLE = "Write it like public,private or 127.0.0.1/32:2500-2599."
_LAST_PORT = 65535


class Reach(StrEnum):
    """The kinds of addresses that a policy can allow by one word."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"


@dataclass(frozen=True, slots=True)
class Rule:
    """One part of a policy: what may be reached, and at which ports (both ends included)."""

    target: Reach | Network
    first_port: int = 1
    last_port: int = _LAST_PORT

    def allows(self, ip: Address, port: int) -> bool:
        """Whether this rule alone lets `ip` be reached at `port`."""
        if not self.first_port <= port <= self.last_port:
            return False
        if isinstance(self.target, Reach):
            return _reach(ip) is self.target
        return ip in self.target


@dataclass(frozen=True, slots=True)
class EgressPolicy:
    """A list of rules; what no rule allows is refused, and some addresses always are."""

    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, text: str, *, ports: tuple[int, ...] = ()) -> EgressPolicy:
        """Reads `public`, `private`, `loopback` and `CIDR[:PORT[-PORT]]`, comma-separated.

        `ports` narrows the entries that name no port of their own. Raises `ValueError` with one
        sentence that names the bad part.
        """
        entries = [entry.strip() for entry in text.split(",")]
        rules = [rule for entry in entries for rule in _rules(entry, ports)]
        return cls(tuple(rules))

    def allows(self, ip: str | Address, port: int) -> bool:
        """Whether a connection to `ip` (textual or parsed) at `port` is allowed."""
        try:
            address = ipaddress.ip_address(ip)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            return False
        inner = inner_addresses(address) if isinstance(address, IPv6Address) else ()
        return all(self._allows_plain(each, port) for each in inner or (address,))

    def _allows_plain(self, ip: Address, port: int) -> bool:
        if any(ip in network for network in _NEVER):
            return False
        return any(rule.allows(ip, port) for rule in self.rules)


def _rules(entry: str, ports: tuple[int, ...]) -> list[Rule]:
    if entry in set(Reach):
        return _at_ports(Reach(entry), ports)
    address, slash, rest = entry.partition("/")
    length, colon, span = rest.partition(":")
    try:
        network = ipaddress.ip_network(address + slash + length)
    except ValueError as error:
        raise _bad(entry, str(error)) from None
    if not slash:
        raise _bad(entry, f"its length is missing, as in {network}")
    if not colon:
        return _at_ports(network, ports)
    first, _, last = span.partition("-")
    return [Rule(network, *_span(entry, first, last or first))]


def _at_ports(target: Reach | Network, ports: tuple[int, ...]) -> list[Rule]:
    return [Rule(target, port, port) for port in ports] or [Rule(target)]


def _span(entry: str, first: str, last: str) -> tuple[int, int]:
    if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise _bad(entry, "a port is a number from 1 to 65535")
    if not 1 <= int(first) <= int(last) <= _LAST_PORT:
        raise _bad(entry, "ports run from 1 to 65535, the lower one first")
    return int(first), int(last)


def _bad(entry: str, why: str) -> ValueError:
    return ValueError(f"The entry {entry!r} cannot be used ({why}). {_EXAMPLE}")


def _reach(ip: Address) -> Reach | None:
    """None for addresses of no kind (documentation, benchmarks): only a rule of their own helps."""
    if ip.is_loopback:
        return Reach.LOOPBACK
    if any(ip in network for network in _PRIVATE):
        return Reach.PRIVATE
    return Reach.PUBLIC if ip.is_global and not ip.is_reserved else None


_PRIVATE: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)

_NEVER: tuple[Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "0.0.0.0/8",  # this host, RFC 1122
        "169.254.0.0/16",  # link-local; metadata of most clouds at 169.254.169.254
        "100.100.100.200/32",  # metadata, Alibaba Cloud
        "168.63.129.16/32",  # platform services, Azure
        "192.0.0.0/24",  # IETF protocols; metadata of Oracle Cloud at 192.0.0.192
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and limited broadcast
        "::/128",  # unspecified
        "64:ff9b:1::/48",  # local NAT64, RFC 8215: leads wherever its translator pleases
        "100::/64",  # discard only, RFC 6666
        "2001::/23",  # IETF protocols, RFC 2928 (Teredo is judged by what is inside)
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing, RFC 9602
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local, RFC 3879
        "ff00::/8",  # multicast
        "fd00:ec2::/32",  # metadata and services, AWS
        "fd20:ce::/32",  # metadata, Google Cloud
    )
)
