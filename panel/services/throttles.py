"""How often something may be tried: counted in the database, so that all processes agree."""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.services.refusals import N_, TooMany
from panel.storage.database import Session
from panel.storage.queries import throttles as queries


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries within a window that begins with the first of them."""

    name: str
    tries: int
    window: timedelta


SIGN_IN_OF_ACCOUNT = Limit("sign-in:account", 10, timedelta(minutes=15))
SIGN_IN_FROM_ADDRESS = Limit("sign-in:address", 50, timedelta(minutes=15))


def key_of(limit: Limit, subject: str) -> str:
    """The name of a counter; the subject is hashed, so that no list of addresses comes about."""
    return f"{limit.name}:{hashlib.sha256(subject.encode()).hexdigest()}"


def count(session: Session, limit: Limit, subject: str, *, now: datetime) -> None:
    """Counts a try and raises TooMany when it is one too many. The caller commits in both cases."""
    tries = queries.count_try(
        session, key_of(limit, subject), now=now, window_from=now - limit.window
    )
    if tries.count <= limit.tries:
        return
    wait_s = max(1, round((tries.started_at + limit.window - now).total_seconds()))
    raise TooMany(
        N_("Too many tries. Wait %(minutes)s minutes, then try again."),
        wait_s=wait_s,
        minutes=-(-wait_s // 60),
    )


def network_of(address: str) -> str:
    """What counts as one place: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
