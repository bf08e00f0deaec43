"""Bodies of messages, kept once per content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from panel.storage.database import Session
from panel.storage.types import to_microseconds

_KEEP_ONE = """
INSERT INTO contents (digest, body, created_at) VALUES (?, ?, ?)
ON CONFLICT (digest) DO NOTHING"""
KEEP_MANY = """
INSERT INTO contents (digest, body, created_at)
SELECT digest, body, %b::bigint FROM unnest(%b::bytea[], %b::bytea[]) AS given (digest, body)
ON CONFLICT (digest) DO NOTHING"""
"""For PostgreSQL, to be part of a larger statement; takes `content_columns`."""


def keep_contents(session: Session, bodies: Mapping[bytes, bytes], *, now: datetime) -> None:
    """On SQLite: stores each body under its SHA-256, the mapping's key, unless it is there."""
    created_at = to_microseconds(now)
    session.connection().exec_driver_sql(
        _KEEP_ONE, [(digest, body, created_at) for digest, body in bodies.items()]
    )


def content_columns(bodies: Mapping[bytes, bytes], *, now: datetime) -> tuple[Any, ...]:
    """The parameters of `KEEP_MANY` for these bodies.

    In the order of the digests: of two transactions that store the same bodies one waits for
    the other, and never both.
    """
    digests = sorted(bodies)
    return to_microseconds(now), digests, [bodies[digest] for digest in digests]
