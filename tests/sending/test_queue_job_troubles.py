"""Jobs on the queue when something comes between: faults, other workers, lost permissions."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import Role
from panel.domain.queue_job import MOST_FAILURES, JobState
from panel.sending.queue_jobs import work
from panel.storage.models import Partner, Ruling, User
from panel.storage.queue import jobs, leases
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user
from tests.factories.queue_jobs import a_job
from tests.sending.working import LATER, ME, OTHER, found, states, turns
from tests.storage.queue.holding import at_once

pytestmark = pytest.mark.usefixtures("small_batches", "workers")


def disable(_session, user):
    user.is_enabled = False


def demote(session, user):
    """Into the reach of one partner, who may change less than was asked for."""
    user.role, user.partner_id = Role.PARTNER_ADMIN, a_partner(session).id


def remove(_session, user):
    user.deleted_at = NOON


def shut_partner(session, user):
    session.get_one(Partner, user.partner_id).is_enabled = False


@pytest.mark.parametrize(
    ("role", "loss"),
    [
        (Role.SUPPORT, disable),
        (Role.OPERATOR, demote),
        (Role.SUPPORT, remove),
        (Role.PARTNER_ADMIN, shut_partner),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_job_ends_when_who_asked_may_not_any_more(engine, session, role, loss):
    user = a_user(session, role)
    message = a_message(session, partner_id=user.partner_id)
    ids = [a_delivery(session, message).id for _ in range(4)]
    job = a_job(session, user)
    work(engine, worker_id=ME, now=LATER)
    loss(session, session.get_one(User, user.id))
    session.commit()

    assert turns(engine) == 1

    ended = found(session, job)
    assert (ended.state, ended.changed, ended.ended_at) == (JobState.REFUSED, 2, LATER)
    assert states(session, ids) == ["cancelled", "cancelled", "queued", "queued"]


def test_stopped_job_goes_no_further(engine, session):
    ids = [a_delivery(session).id for _ in range(4)]
    job = a_job(session)
    work(engine, worker_id=ME, now=LATER)
    jobs.end(found(session, job), JobState.STOPPED, now=LATER, by="ada")
    session.commit()

    assert turns(engine) == 0
    assert found(session, job).changed == 2
    assert states(session, ids)[2:] == [DeliveryState.QUEUED] * 2


def test_one_worker_keeps_a_job_until_it_is_gone(engine, session):
    for _ in range(4):
        a_delivery(session)
    job = a_job(session)
    work(engine, worker_id=ME, now=LATER)

    assert not work(engine, worker_id=OTHER, now=LATER).has_worked
    leases.take_for_dead(session, ME, beat=0)
    session.commit()
    assert work(engine, worker_id=OTHER, now=LATER).has_worked

    assert found(session, job).worker_id == OTHER


def test_two_workers_at_the_same_moment_do_nothing_twice(engine, session):
    ids = [a_delivery(session).id for _ in range(20)]
    job = a_job(session)

    at_once(engine, *[lambda _session, w=w: drain(engine, w) for w in (ME, OTHER)])
    turns(engine, worker_id=ME)
    turns(engine, worker_id=OTHER)

    done = found(session, job)
    assert (done.state, done.changed) == (JobState.DONE, 20)
    assert states(session, ids) == [DeliveryState.CANCELLED] * 20
    assert session.scalar(select(func.count()).select_from(Ruling)) == 20


def drain(engine, worker_id) -> None:
    while work(engine, worker_id=worker_id, now=LATER).has_worked:
        pass


def test_jobs_take_turns(engine, session):
    messages = [a_message(session, stream=stream) for stream in (Stream.CAMPAIGNS, Stream.CRM)]
    for message in messages * 3:
        a_delivery(session, message)
    large, small = (a_job(session, wanted={"stream": str(m.stream)}) for m in messages)

    for seconds in range(2):
        work(engine, worker_id=ME, now=LATER + timedelta(seconds=seconds))

    assert [found(session, job).changed for job in (large, small)] == [2, 2]


def test_fault_is_counted_and_at_last_ends_the_job(engine, session):
    ids = [a_delivery(session).id for _ in range(2)]
    job = a_job(session)
    session.execute(text("ALTER TABLE rulings RENAME TO elsewhere"))
    session.commit()

    for _ in range(MOST_FAILURES):
        assert found(session, job).state is not JobState.FAILED
        session.rollback()
        with pytest.raises(DBAPIError):
            work(engine, worker_id=ME, now=LATER)

    ended = found(session, job)
    assert (ended.state, ended.failures, ended.changed) == (JobState.FAILED, MOST_FAILURES, 0)
    assert "rulings" in ended.error
    assert states(session, ids) == [DeliveryState.QUEUED] * 2
    assert turns(engine) == 0
