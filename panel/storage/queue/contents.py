"""Bodies of messages, kept once per content."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from panel.storage.database import Session
from panel.storage.models import Content


def keep_content(session: Session, digest: bytes, body: bytes, *, now: datetime) -> bytes:
    """Stores `body` under its SHA-256 unless it is there already; returns the digest."""
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(Content).values(digest=digest, body=body, created_at=now)
    session.execute(statement.on_conflict_do_nothing(index_elements=["digest"]))
    return digest
