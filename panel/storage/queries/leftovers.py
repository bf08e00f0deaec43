"""Rows that have served their purpose and are removed by time."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_

from panel.domain.queue_job import KEPT as JOBS_KEPT
from panel.storage.database import Session
from panel.storage.models import (
    IdempotencyKey,
    ProviderMinute,
    ProviderQuarter,
    QueueJob,
    QueueReading,
    SetupLink,
    Throttle,
    UserSession,
)
from panel.storage.queries.provider_minutes import MINUTES_KEPT

REPEATABLE = timedelta(days=7)
"""How long a submission can be repeated with the same Idempotency-Key."""
COUNTED = timedelta(days=1)
"""Longer than any window in which tries are counted."""
KEPT = timedelta(days=30)
"""Sessions and links that have ended; for whoever asks where somebody was signed in."""
_UNSYNCHRONISED = {"synchronize_session": False}


def purge(session: Session, *, now: datetime) -> None:
    """Removes old idempotency keys, counters, sessions, links, sums, readings and jobs.

    The caller commits.
    """
    old = now - KEPT
    for statement in (
        delete(IdempotencyKey).where(IdempotencyKey.created_at < now - REPEATABLE),
        delete(ProviderMinute).where(ProviderMinute.minute_at < now - MINUTES_KEPT),
        delete(ProviderQuarter).where(ProviderQuarter.quarter_at < now - MINUTES_KEPT),
        delete(QueueReading).where(QueueReading.minute_at < now - MINUTES_KEPT),
        delete(Throttle).where(Throttle.started_at < now - COUNTED),
        delete(UserSession).where(or_(UserSession.expires_at < old, UserSession.ended_at < old)),
        delete(SetupLink).where(or_(SetupLink.expires_at < old, SetupLink.used_at < old)),
        delete(QueueJob).where(QueueJob.ended_at < now - JOBS_KEPT),
    ):
        session.execute(statement, execution_options=_UNSYNCHRONISED)
