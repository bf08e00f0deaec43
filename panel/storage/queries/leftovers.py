"""Rows that have served their purpose and are removed by time, whatever mail they belonged to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, delete, or_, select, tuple_

from panel.domain.queue_job import KEPT as JOBS_KEPT
from panel.storage.database import Session
from panel.storage.models import (
    Confirmation,
    Drill,
    IdempotencyKey,
    ProviderMinute,
    ProviderQuarter,
    QueueJob,
    QueueReading,
    RefusedSender,
    SetupLink,
    Throttle,
    UserSession,
)
from panel.storage.queries.provider_minutes import MINUTES_KEPT

REPEATABLE = timedelta(days=7)
"""How long a submission can be repeated with the same Idempotency-Key."""
COUNTED = timedelta(days=1)
"""Longer than any window in which tries are counted, any code or refusal counts."""
KEPT = timedelta(days=30)
"""Sessions and links that have ended; for whoever asks where somebody was signed in."""
REMEMBERED_DRILLS = timedelta(days=400)
"""Failover drills that have ended: a year and a month of them."""
BATCH = 500
"""Rows of one table that go by one transaction."""


def purge(session: Session, *, now: datetime) -> int:
    """Removes up to `BATCH` rows of each kind; how many went. The caller commits."""
    return sum(_remove(session, model, condition) for model, condition in _old(now).items())


def _old(now: datetime) -> dict[type[Any], ColumnElement[bool]]:
    old, counted = now - KEPT, now - COUNTED
    return {
        IdempotencyKey: IdempotencyKey.created_at < now - REPEATABLE,
        ProviderMinute: ProviderMinute.minute_at < now - MINUTES_KEPT,
        ProviderQuarter: ProviderQuarter.quarter_at < now - MINUTES_KEPT,
        QueueReading: QueueReading.minute_at < now - MINUTES_KEPT,
        QueueJob: QueueJob.ended_at < now - JOBS_KEPT,
        Throttle: Throttle.started_at < counted,
        RefusedSender: RefusedSender.until < counted,
        Confirmation: Confirmation.sent_at < counted,
        Drill: Drill.ended_at < now - REMEMBERED_DRILLS,
        UserSession: or_(UserSession.expires_at < old, UserSession.ended_at < old),
        SetupLink: or_(SetupLink.expires_at < old, SetupLink.used_at < old),
    }


def _remove(session: Session, model: type[Any], condition: ColumnElement[bool]) -> int:
    key = tuple_(*cast("Table", model.__table__).primary_key.columns)
    some = select(*cast("Table", model.__table__).primary_key.columns).where(condition)
    statement = delete(model).where(key.in_(some.limit(BATCH)))
    gone = session.execute(statement, execution_options={"synchronize_session": False})
    return gone.rowcount  # type: ignore[attr-defined, no-any-return]
