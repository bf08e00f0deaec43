"""After a backup was put back: what waited when it was made may have gone out since."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.queue_job import JobState
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Worker
from panel.storage.models.delivery import IS_WAITING
from panel.storage.queue import jobs

RESTORED = "restored"
"""The rule that stands with a delivery of which a backup does not know what became of it."""
SAID = "It waited when the backup was made that the database was restored from."
_BATCH = 1000
_UNSYNCHRONISED = {"synchronize_session": False}


def doubt_waiting(session: Session) -> int:
    """Leaves up to 1000 waiting deliveries to a person's decision; the number of them."""
    waiting = select(Delivery.id).where(IS_WAITING, Delivery.rule != RESTORED)
    ids = list(session.scalars(waiting.order_by(Delivery.id).limit(_BATCH).with_for_update()))
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(
            state=DeliveryState.UNCONFIRMED,
            next_attempt_at=None,
            phase=None,
            worker_id=None,
            claim_token=None,
            rule=RESTORED,
            said=SAID,
        ),
        execution_options=_UNSYNCHRONISED,
    )
    session.execute(
        update(Attempt)
        .where(Attempt.delivery_id.in_(ids), Attempt.status == AttemptStatus.IN_PROGRESS)
        .values(status=AttemptStatus.FAIL, rule=RESTORED, said=SAID),
        execution_options=_UNSYNCHRONISED,
    )
    return len(ids)


def forget_workers(session: Session) -> None:
    """Takes off the list who was at work when the backup was made."""
    session.execute(delete(Worker))


def stop_jobs(session: Session, *, by: str, now: datetime) -> None:
    """Ends the jobs that were open: nobody confirmed them for mail that is in doubt now."""
    for job in jobs.open_jobs(session):
        jobs.end(job, JobState.STOPPED, now=now, by=by)
