"""Bodies of messages, kept once per content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from panel.storage.database import Connection, Session
from panel.storage.queue.driver import driver_of, driver_on, is_sqlite
from panel.storage.types import to_microseconds

_KEEP_ONE = """
INSERT INTO contents (digest, body, created_at) VALUES (?, ?, ?)
ON CONFLICT (digest) DO NOTHING"""
KEEP_MANY = """
INSERT INTO contents (digest, body, created_at)
SELECT digest, body, %b::bigint FROM unnest(%b::bytea[], %b::bytea[]) AS given (digest, body)
ON CONFLICT (digest) DO NOTHING"""
"""For PostgreSQL, to be part of a larger statement; takes `content_columns`."""
_PLACE = "SELECT rowid FROM contents WHERE digest = ?"
_PORTION = "SELECT substring(body FROM %b::integer FOR %b::integer) FROM contents WHERE digest = %b"
PORTION = 1 << 20
"""Octets of a body that are in memory at one time while it is copied."""


def keep_contents(connection: Connection, bodies: Mapping[bytes, bytes], *, now: datetime) -> None:
    """On SQLite: stores each body under its SHA-256, the mapping's key, unless it is there."""
    created_at = to_microseconds(now)
    rows = [(digest, body, created_at) for digest, body in bodies.items()]
    with driver_on(connection) as driver:
        driver.executemany(_KEEP_ONE, rows)


def content_columns(bodies: Mapping[bytes, bytes], *, now: datetime) -> tuple[Any, ...]:
    """The parameters of `KEEP_MANY` for these bodies.

    In the order of the digests: of two transactions that store the same bodies one waits for
    the other, and never both.
    """
    digests = sorted(bodies)
    return to_microseconds(now), digests, [bodies[digest] for digest in digests]


def copy_body(session: Session, digest: bytes, into: IO[bytes]) -> bool:
    """Writes a body to a file a portion at a time; False when it has been removed."""
    with driver_of(session) as driver:
        copy = _copy_on_sqlite if is_sqlite(session) else _copy_on_postgresql
        return copy(driver, digest, into)


def _copy_on_sqlite(driver: Any, digest: bytes, into: IO[bytes]) -> bool:
    found = driver.execute(_PLACE, (digest,)).fetchone()
    if found is None:
        return False
    with driver.blobopen("contents", "body", found[0], readonly=True) as body:
        while portion := body.read(PORTION):
            into.write(portion)
            driver.execute("PRAGMA shrink_memory")  # its cache keeps all that was read
    return True


def _copy_on_postgresql(driver: Any, digest: bytes, into: IO[bytes]) -> bool:
    """Asked for as a whole it would lie in memory three times."""
    start = 1
    while True:
        found = driver.execute(_PORTION, (start, PORTION, digest), binary=True).fetchone()
        if found is None:
            return False
        into.write(found[0])
        start += PORTION
        if len(found[0]) < PORTION:
            return True
