"""Work on many deliveries of the queue that a worker does in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from panel.domain.queue_job import JobState, QueueAct
from panel.domain.ruling import LONGEST_NOTE
from panel.storage.database import Base
from panel.storage.types import RowId, UtcTime, word

IS_OPEN = text("queue_jobs.ended_at IS NULL")
"""Written out, so that both databases take the partial index for it."""


class QueueJob(Base):
    """One act on all deliveries that match a filter, as somebody confirmed it.

    A worker writes what it has done with a batch in the transaction of the batch itself. Jobs
    that have ended are removed after a while.
    """

    __tablename__ = "queue_jobs"
    __table_args__ = (
        Index(
            "ix_queue_jobs_open",
            "worked_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_queue_jobs_partner", "partner_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    act: Mapped[QueueAct] = mapped_column(word(QueueAct))
    wanted: Mapped[dict[str, Any]] = mapped_column(JSON)
    """The filter as it was confirmed: the fields of a `QueueFilter` that narrow anything."""
    note: Mapped[str] = mapped_column(String(LONGEST_NOTE), default="")
    actor: Mapped[str] = mapped_column(String(254))
    """Named as in the audit."""
    user_id: Mapped[int] = mapped_column(RowId)
    """Whose permission is looked at again before each batch."""
    address: Mapped[str] = mapped_column(String(45), default="")
    partner_id: Mapped[int | None] = mapped_column(RowId)
    """Within whose mail it stays; None: everybody's."""
    newest_id: Mapped[int] = mapped_column(RowId)
    """The newest delivery when it was confirmed: later ones are not touched."""
    newest_at: Mapped[datetime] = mapped_column(UtcTime)
    """Nor those that were created later: SQLite gives ids of deleted rows again."""
    after_id: Mapped[int] = mapped_column(RowId, default=0)
    """All up to here have been looked at."""
    total: Mapped[int | None]
    """How many matched when a worker began; None: not counted yet."""
    changed: Mapped[int] = mapped_column(default=0)
    left_sending: Mapped[int] = mapped_column(default=0)
    left_undecided: Mapped[int] = mapped_column(default=0)
    left_unfit: Mapped[int] = mapped_column(default=0)
    left_ended: Mapped[int] = mapped_column(default=0)
    state: Mapped[JobState] = mapped_column(word(JobState), default=JobState.WAITING)
    failures: Mapped[int] = mapped_column(default=0)
    """Faults in a row."""
    error: Mapped[str] = mapped_column(String(300), default="")
    """The last fault, in the words of the database."""
    worker_id: Mapped[str | None] = mapped_column(String(32))
    """Who works on it; another worker takes it up when that one is gone."""
    asked_at: Mapped[datetime] = mapped_column(UtcTime)
    began_at: Mapped[datetime | None] = mapped_column(UtcTime)
    worked_at: Mapped[datetime] = mapped_column(UtcTime)
    """When it last went on; whoever waits longest is next."""
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_by: Mapped[str] = mapped_column(String(254), default="")
    """The person who stopped it."""
