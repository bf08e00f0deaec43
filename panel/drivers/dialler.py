"""The one place that opens outgoing connections.

A name is resolved once, every address must be allowed by the egress policy, and the connection
goes to a checked address, not to the name. Expected failures are values of `Trouble`.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from dataclasses import dataclass

from panel.domain.outcome import Fault, Stage
from panel.drivers.egress import EgressPolicy
from panel.drivers.host import check_host
from panel.drivers.resolver import Resolver, system_resolver
from panel.drivers.trouble import Trouble

_UNKNOWN_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_MOST_ADDRESSES = 6


@dataclass(frozen=True, slots=True)
class Route:
    """A host and the addresses that were found and allowed for it."""

    host: str
    port: int
    addresses: tuple[str, ...]
    egress: EgressPolicy


async def find_route(
    host: str,
    port: int,
    *,
    egress: EgressPolicy,
    timeout_s: float,
    resolver: Resolver = system_resolver,
) -> Route | Trouble:
    """Resolves `host` once; a single address that is not allowed refuses the whole name."""
    try:
        name = check_host(host)
    except ValueError as error:
        return Trouble(Stage.RESOLVE, Fault.BLOCKED, str(error))
    if _is_address(name):
        resolver = _literal
    addresses = await _resolve(name, port, timeout_s=timeout_s, resolver=resolver)
    if isinstance(addresses, Trouble):
        return addresses
    for address in addresses:
        if not egress.allows(address, port):
            return Trouble(Stage.RESOLVE, Fault.BLOCKED, _not_allowed(address, port))
    return Route(name, port, addresses, egress)


async def dial(
    route: Route, protocol: asyncio.Protocol, *, timeout_s: float
) -> asyncio.Transport | Trouble:
    """Connects `protocol` to the first address that answers; they share `timeout_s` seconds."""
    ends_at = asyncio.get_running_loop().time() + timeout_s
    refusals: list[str] = []
    addresses = route.addresses[:_MOST_ADDRESSES]
    for tried, address in enumerate(addresses):
        left_s = ends_at - asyncio.get_running_loop().time()
        share_s = left_s / (len(addresses) - tried)
        transport = await _connect(address, route.port, protocol, timeout_s=share_s)
        if isinstance(transport, str):
            refusals.append(f"{address}: {transport}")
            continue
        return _same_peer(transport, route)
    return Trouble(Stage.CONNECT, Fault.CONNECT, "; ".join(refusals))


def _is_address(name: str) -> bool:
    """Of checked names only addresses have colons, or nothing but numbers."""
    return ":" in name or name.replace(".", "").isdigit()


async def _literal(host: str, port: int) -> tuple[str, ...]:
    del port
    return (host,)


async def _resolve(
    name: str, port: int, *, timeout_s: float, resolver: Resolver
) -> tuple[str, ...] | Trouble:
    try:
        async with asyncio.timeout(timeout_s):
            addresses = await resolver(name, port)
    except TimeoutError:
        return Trouble(Stage.RESOLVE, Fault.DNS_TEMPORARY, "No answer from the name server")
    except socket.gaierror as error:
        is_unknown = error.errno in _UNKNOWN_NAME
        fault = Fault.DNS_UNKNOWN if is_unknown else Fault.DNS_TEMPORARY
        return Trouble(Stage.RESOLVE, fault, error.strerror or "Name resolution failed")
    except OSError as error:
        return Trouble(Stage.RESOLVE, Fault.DNS_TEMPORARY, failure_text(error))
    return addresses or Trouble(Stage.RESOLVE, Fault.DNS_UNKNOWN, "The name has no address")


async def _connect(
    address: str, port: int, protocol: asyncio.Protocol, *, timeout_s: float
) -> asyncio.Transport | str:
    """The open transport, or why there is none."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(timeout_s):
            transport, _ = await loop.create_connection(lambda: protocol, address, port)
    except TimeoutError:
        return "Connection timed out"
    except OSError as error:
        return failure_text(error)
    return transport


def _same_peer(transport: asyncio.Transport, route: Route) -> asyncio.Transport | Trouble:
    """The peer must be allowed as well: what was asked for is not always what was reached."""
    peer = transport.get_extra_info("peername")
    address = str(peer[0]) if peer else "an unknown address"
    if peer and route.egress.allows(address, route.port):
        return transport
    transport.abort()
    return Trouble(Stage.CONNECT, Fault.BLOCKED, _not_allowed(address, route.port))


def failure_text(error: OSError) -> str:
    """The operating system's words for `error`, without addresses and numbers."""
    if isinstance(error, ssl.SSLError):
        return sentence(error.reason or "TLS failed")
    return os.strerror(error.errno) if error.errno else str(error) or type(error).__name__


def sentence(words: str) -> str:
    """`WRONG_VERSION_NUMBER` becomes `Wrong version number`."""
    text = words.replace("_", " ").lower() if words.isupper() else words
    return text[:1].upper() + text[1:]


def _not_allowed(address: str, port: int) -> str:
    return f"Connections to {address} port {port} are not allowed"
