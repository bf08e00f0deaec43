"""Where in a table a moment lies.

Rows get their ids in the order in which they come, so a moment is found by halving the range of
ids: some twenty look-ups by key in ten million rows, and no index on the time.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import InstrumentedAttribute, Session

from panel.storage.models import Attempt, AuditEvent
from panel.storage.types import to_microseconds


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
    names = {"table": key.class_.__tablename__, "key": key.key, "time": time.key}
    found = session.scalar(text(_HALVING.format(**names)), {"moment": to_microseconds(moment)})
    return int(found or 0)


_PROBE = (
    "(SELECT t.{time} FROM {table} t WHERE t.{key} >= (low + high) / 2 ORDER BY t.{key} LIMIT 1)"
)
"""Of the row in the middle, or of the next one when that is gone; nothing behind the last."""
_HALVING = f"""WITH RECURSIVE span (low, high) AS (
    SELECT COALESCE((SELECT MIN({{key}}) FROM {{table}}), 0),
           COALESCE((SELECT MAX({{key}}) FROM {{table}}), 0) + 1
    UNION ALL
    SELECT CASE WHEN {_PROBE} < :moment THEN (low + high) / 2 + 1 ELSE low END,
           CASE WHEN {_PROBE} < :moment THEN high ELSE (low + high) / 2 END
    FROM span WHERE low < high
) SELECT low FROM span WHERE low >= high LIMIT 1"""  # noqa: S608  (the names are those of models)
"""One question to the database instead of one for each step."""
