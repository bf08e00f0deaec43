"""Readings of the queue for the day before the demo, as workers would have taken them.

The overview compares with them. They are counted from what the past has left in the database.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from panel.domain.delivery import DeliveryState
from panel.domain.http_rules import HTTP_RULES
from panel.domain.outcome import Move
from panel.domain.smtp_outcomes import RULES
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, QueueReading
from panel.storage.queries.readings import NEAR
from panel.storage.queries.traffic import DAY, day_begin
from panel.storage.queue import readings

MINUTE = timedelta(minutes=1)
DOUBTS = [rule.name for rule in RULES if rule.move is Move.UNCONFIRMED] + [
    rule.name for rule in HTTP_RULES if rule.move is Move.UNCONFIRMED
]
IN_VAIN = (DeliveryState.FAILED, DeliveryState.EXPIRED)


def write_readings(session: Session, *, now: datetime) -> None:
    """One a minute, of the last day and a little more."""
    past = _past(session, now)
    minute_at = now.replace(second=0, microsecond=0) - DAY - NEAR
    while minute_at < now - MINUTE:
        readings.keep(session, past.reading(minute_at))
        minute_at += MINUTE
    session.commit()


@dataclass(frozen=True, slots=True)
class _Past:
    """Times in their order."""

    came: list[datetime]
    ended: list[datetime]
    failed: list[datetime]
    doubted: list[datetime]
    resolved: list[datetime]
    """When deliveries were unconfirmed no longer."""

    def reading(self, at: datetime) -> QueueReading:
        doubts = bisect_right(self.doubted, at) - bisect_right(self.resolved, at)
        left = bisect_right(self.came, at) - bisect_right(self.ended, at)
        failed = bisect_right(self.failed, at) - bisect_left(self.failed, day_begin(at))
        return QueueReading(minute_at=at, waiting=left - doubts, unconfirmed=doubts, failed=failed)


def _past(session: Session, now: datetime) -> _Past:
    columns = Delivery.created_at, Delivery.ended_at, Delivery.state
    rows = session.execute(select(*columns)).all()
    doubts = list(_doubts(session, now))
    return _Past(
        came=sorted(row.created_at for row in rows),
        ended=sorted(row.ended_at for row in rows if row.ended_at),
        failed=sorted(row.ended_at for row in rows if row.ended_at and row.state in IN_VAIN),
        doubted=sorted(began_at for began_at, _ in doubts),
        resolved=sorted(ended_at for _, ended_at in doubts),
    )


def _doubts(session: Session, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """When each doubt came up, and when it ended: by another attempt, or with the delivery."""
    after = Attempt.__table__.alias()
    statement = (
        select(Attempt.finished_at, after.c.started_at, Delivery.ended_at)
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .outerjoin(
            after,
            (after.c.delivery_id == Attempt.delivery_id) & (after.c.number == Attempt.number + 1),
        )
        .where(Attempt.rule.in_(DOUBTS), Attempt.finished_at.is_not(None))
    )
    for began_at, next_at, ended_at in session.execute(statement):
        yield began_at, min(at for at in (next_at, ended_at, now) if at is not None)
