"""Workers at jobs on the queue, a batch of two deliveries at a time."""

from datetime import timedelta

from sqlalchemy import Engine

from panel.domain.delivery import DeliveryState
from panel.sending.queue_jobs import work
from panel.storage.database import Session
from panel.storage.models import Delivery, QueueJob
from tests.factories.moments import NOON

ME, OTHER = "me", "other"
LATER = NOON + timedelta(minutes=1)


def turns(engine: Engine, *, worker_id: str = ME, most: int = 30) -> int:
    """Works until nothing is left; the number of batches."""
    for number in range(most):
        if not work(engine, worker_id=worker_id, now=LATER).has_worked:
            return number
    raise AssertionError("It never comes to an end.")


def found(session: Session, job: QueueJob) -> QueueJob:
    """The job as it stands now."""
    session.rollback()
    session.expire_all()
    return session.get_one(QueueJob, job.id)


def states(session: Session, ids: list[int]) -> list[DeliveryState | None]:
    """How the deliveries stand now; None for what is gone."""
    session.rollback()
    session.expire_all()
    rows = [session.get(Delivery, id_) for id_ in ids]
    return [row.state if row else None for row in rows]
