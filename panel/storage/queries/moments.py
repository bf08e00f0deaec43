"""Where in a table a moment lies.

Rows get their ids in the order in which they come, so a moment is found by halving the range of
ids: some twenty look-ups by key in ten million rows, and no index on the time.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from panel.storage.models import Attempt, AuditEvent


def first_attempt_since(session: Session, moment: datetime) -> int:
    """The id from which on attempts began at `moment` or later; beyond the last when none did."""
    return _first_since(session, Attempt.id, Attempt.started_at, moment)


def first_event_since(session: Session, moment: datetime) -> int:
    """The id from which on the audit holds what happened at `moment` or later."""
    return _first_since(session, AuditEvent.id, AuditEvent.at, moment)


def _first_since(
    session: Session,
    key: InstrumentedAttribute[int],
    time: InstrumentedAttribute[datetime],
    moment: datetime,
) -> int:
    low = session.scalar(select(func.min(key))) or 0
    high = (session.scalar(select(func.max(key))) or 0) + 1
    while low < high:
        middle = (low + high) // 2
        found = session.execute(
            select(key.label("id"), time.label("at")).where(key >= middle).order_by(key).limit(1)
        ).first()
        if found is None or found.at >= moment:
            high = middle
        else:
            low = found.id + 1
    return low
