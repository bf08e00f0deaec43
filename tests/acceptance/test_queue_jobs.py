"""A worker is killed while it works on a job; the next one goes on, and nothing is done twice."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState
from panel.domain.queue_job import JobState
from panel.storage.models import Delivery, QueueJob, Ruling
from tests.factories.mail import a_delivery, a_message
from tests.factories.queue_jobs import a_job
from tests.kit.patience import until

MAILS = 4000


def fresh(session, job) -> QueueJob:
    session.rollback()
    session.expire_all()
    found = session.get_one(QueueJob, job.id)
    session.refresh(found)
    session.expunge(found)
    session.rollback()
    return found


def counts(session) -> list[int]:
    """How many are cancelled, and how many decisions stand with them."""
    cancelled = select(func.count()).where(Delivery.state == DeliveryState.CANCELLED)
    found = [session.scalar(cancelled), session.scalar(select(func.count()).select_from(Ruling))]
    session.rollback()
    return found


def test_killed_worker_leaves_a_job_that_the_next_one_ends(session, installation):
    message = a_message(session)
    held = {
        "state": DeliveryState.HELD,
        "next_attempt_at": None,
        "expires_at": datetime.now(UTC) + timedelta(days=1),
    }
    for number in range(MAILS):
        a_delivery(session, message, recipient=f"r{number}@contoso.test", **held)
    job = a_job(session)
    worker = installation.worker()
    until(lambda: fresh(session, job).changed > 0)
    worker.kill()

    halfway = fresh(session, job)
    assert halfway.ended_at is None, "It was over before the worker was killed."
    assert counts(session) == [halfway.changed] * 2
    installation.worker()
    until(lambda: fresh(session, job).ended_at is not None)

    done = fresh(session, job)
    assert (done.state, done.total, done.changed) == (JobState.DONE, MAILS, MAILS)
    assert counts(session) == [MAILS] * 2
