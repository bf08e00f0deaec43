"""Readings of the queue, minute by minute: what it was like at a time that is over."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from panel.storage.database import Base
from panel.storage.types import UtcTime


class QueueReading(Base):
    """Deliveries counted at one moment by the first worker that came to it; kept for days."""

    __tablename__ = "queue_readings"

    minute_at: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    waiting: Mapped[int]
    unconfirmed: Mapped[int]
    failed: Mapped[int]
    """That ended failed or expired within the day up to then, see `queries.traffic.day_begin`."""
