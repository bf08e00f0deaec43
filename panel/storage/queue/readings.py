"""Reading the queue once a minute: what is counted to the last row is counted here, by one worker,
and not for everybody who looks at a page.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import TextClause, func, select
from sqlalchemy.dialects import postgresql, sqlite

from panel.storage.database import Session
from panel.storage.models import Delivery, QueueReading
from panel.storage.models.delivery import IS_FAILED, IS_UNCONFIRMED, IS_WAITING
from panel.storage.queries.traffic import day_begin


def is_taken(session: Session, *, now: datetime) -> bool:
    """Whether the present minute has its reading."""
    return session.get(QueueReading, _minute(now)) is not None


def read(session: Session, *, now: datetime) -> QueueReading:
    """Counts what is there at `now`; nothing is written."""
    failed = select(func.count()).where(IS_FAILED, Delivery.ended_at >= day_begin(now))
    return QueueReading(
        minute_at=_minute(now),
        waiting=_count(session, IS_WAITING),
        unconfirmed=_count(session, IS_UNCONFIRMED),
        failed=session.scalar(failed.select_from(Delivery)) or 0,
    )


def keep(session: Session, reading: QueueReading) -> None:
    """Writes it down unless another worker was quicker; the caller commits."""
    insert: Any = (
        sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    )
    statement = insert(QueueReading).values(
        minute_at=reading.minute_at,
        waiting=reading.waiting,
        unconfirmed=reading.unconfirmed,
        failed=reading.failed,
    )
    session.execute(statement.on_conflict_do_nothing())


def _count(session: Session, condition: TextClause) -> int:
    counted = select(func.count()).select_from(Delivery).where(condition)
    return session.scalar(counted) or 0


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)
