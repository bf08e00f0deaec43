"""Jobs on the queue as screens ask for them: one, the latest, those that go on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from panel.domain.permission import Scope
from panel.storage.models import QueueJob
from panel.storage.models.queue_job import IS_OPEN
from panel.storage.scope import within

LISTED = 50
"""Jobs that a list shows."""
NOTED = 5
"""Jobs that the page of the queue tells of."""


def find(session: Session, scope: Scope, job_id: int) -> QueueJob | None:
    """The job of that id as it stands now; None when it is not there or not in scope."""
    statement = within(select(QueueJob).where(QueueJob.id == job_id), QueueJob.partner_id, scope)
    return session.scalar(statement, execution_options={"populate_existing": True})


def latest(session: Session, scope: Scope) -> Sequence[QueueJob]:
    """The newest ones first."""
    statement = within(select(QueueJob), QueueJob.partner_id, scope)
    return session.scalars(statement.order_by(QueueJob.id.desc()).limit(LISTED)).all()


def going(session: Session, scope: Scope) -> Sequence[QueueJob]:
    """Those that have not ended, oldest first."""
    statement = within(select(QueueJob).where(IS_OPEN), QueueJob.partner_id, scope)
    return session.scalars(statement.order_by(QueueJob.id).limit(NOTED)).all()


def count_going(session: Session, scope: Scope) -> int:
    """How many have not ended."""
    statement = select(func.count()).select_from(QueueJob).where(IS_OPEN)
    return session.scalar(within(statement, QueueJob.partner_id, scope)) or 0
