"""What the database knows of the installation: its name, its state, its keys."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from panel.storage.models import EncryptionKey, Instance

KEYS_LOCK = 7_302_611_906
"""A number of our own for PostgreSQL's advisory lock: one process adds keys, others wait."""


DATABASE_FAULTS = (SQLAlchemyError,)
"""What goes wrong when a database is away, or is no database."""


def lock_keys(session: Session) -> None:
    """Makes other processes wait until this transaction has ended; SQLite's writers do anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": KEYS_LOCK})


def known_keys(session: Session) -> list[EncryptionKey]:
    """All keys that secrets may be encrypted with, oldest first."""
    return list(session.scalars(select(EncryptionKey).order_by(EncryptionKey.created_at)))


def instance_row(session: Session, *, now: datetime) -> Instance:
    """The row of this installation, made when it is not there yet."""
    row = session.get(Instance, 1)
    if row is None:
        row = Instance(id=1, name="Postroom", created_at=now)
        session.add(row)
    return row


def instance_name(session: Session) -> str:
    """How the operators call this installation."""
    return session.scalar(select(func.max(Instance.name))) or "Postroom"


def in_one_line(error: Exception) -> str:
    """What the database or its driver said, for a sentence."""
    said = str(getattr(error, "orig", None) or error).strip().splitlines()
    return said[0].rstrip(".") if said else type(error).__name__
