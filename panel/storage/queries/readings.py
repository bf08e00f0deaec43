"""What the queue was like, as workers have read it minute by minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from panel.storage.models import QueueReading

NEAR = timedelta(minutes=5)
"""A reading stands for so much time after it; older ones say nothing."""


def reading_at(session: Session, moment: datetime) -> QueueReading | None:
    """The last one up to a moment, None when no worker took one near it."""
    statement = (
        select(QueueReading)
        .where(QueueReading.minute_at <= moment, QueueReading.minute_at > moment - NEAR)
        .order_by(QueueReading.minute_at.desc())
        .limit(1)
    )
    return session.scalar(statement)
