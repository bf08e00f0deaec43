"""Bodies of messages, kept once per content."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from panel.storage.database import Session
from panel.storage.types import to_microseconds

_KEEP = """
INSERT INTO contents (digest, body, created_at) VALUES ({}, {}, {})
ON CONFLICT (digest) DO NOTHING"""
_STATEMENTS = {
    "sqlite": _KEEP.format("?", "?", "?"),
    # %b: octets go over as they are, not written out in hexadecimal.
    "postgresql": _KEEP.format("%b", "%b", "%b"),
}


def keep_contents(session: Session, bodies: Mapping[bytes, bytes], *, now: datetime) -> None:
    """Stores each body under its SHA-256, the mapping's key, unless it is there already.

    In the order of the digests: of two transactions that store the same bodies one waits for
    the other, and never both.
    """
    connection = session.connection()
    created_at = to_microseconds(now)
    connection.exec_driver_sql(
        _STATEMENTS[connection.dialect.name],
        [(digest, bodies[digest], created_at) for digest in sorted(bodies)],
    )
