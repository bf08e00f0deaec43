"""Tries counted within a window of time, in one statement, whoever else counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from panel.storage.models import Throttle


@dataclass(frozen=True, slots=True)
class Tries:
    """How often something was tried since the window began, this try included."""

    count: int
    started_at: datetime


def count_try(session: Session, key: str, *, now: datetime, window_from: datetime) -> Tries:
    """Adds one to the counter; a window that began before `window_from` begins anew."""
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert if is_postgresql else sqlite.insert
    is_over = Throttle.started_at <= window_from
    first = insert(Throttle).values(key=key, started_at=now, count=1)
    statement = first.on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={
            "count": case((is_over, 1), else_=Throttle.count + 1),
            "started_at": case((is_over, first.excluded.started_at), else_=Throttle.started_at),
        },
    ).returning(Throttle.count, Throttle.started_at)
    row = session.execute(statement).one()
    return Tries(count=row[0], started_at=row[1])


def take_back(session: Session, key: str) -> None:
    """Takes one try back: it turned out to be a good one."""
    session.execute(
        update(Throttle)
        .where(Throttle.key == key, Throttle.count > 0)
        .values(count=Throttle.count - 1)
    )


def clear(session: Session, key: str) -> None:
    """Forgets all tries of a key."""
    session.execute(delete(Throttle).where(Throttle.key == key))
