"""Asking for work in the background, following and stopping it: who may, and what is kept."""

from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import EVERYTHING, Actor, Role
from panel.domain.queue_job import JobState, QueueAct
from panel.services import queue_jobs
from panel.services.queue import Changed, QueueFilter, Selection
from panel.services.queue_jobs import Progress
from panel.services.refusals import Conflict, NotAllowed, NotFound
from panel.storage.models import AuditEvent, Delivery, QueueJob
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user
from tests.factories.queue_jobs import a_job, an_actor
from tests.storage.queue.holding import a_worker_row

NOBODY = Actor("nobody", frozenset(), EVERYTHING, user_id=1)
ALL = Selection(wanted=QueueFilter())


@pytest.fixture
def little(monkeypatch):
    """Two mails are changed at once, a third makes a job of it."""
    monkeypatch.setattr(queue_jobs, "DIRECTLY", 2)


@pytest.fixture
def support(session):
    """Somebody of the house who may change the queue."""
    return an_actor(a_user(session, Role.SUPPORT))


def begin(session, actor, *, selection=ALL, act=QueueAct.CANCEL, note="") -> Progress:
    came = queue_jobs.change_or_begin(
        session, actor, selection=selection, act=act, note=note, now=NOON
    )
    assert isinstance(came, Progress)
    return came


def test_little_is_done_at_once(session, little, support):
    for _ in range(2):
        a_delivery(session)
    session.commit()

    came = queue_jobs.change_or_begin(
        session, support, selection=ALL, act=QueueAct.CANCEL, now=NOON
    )

    assert came == Changed(changed=2, left=0)
    assert session.query(QueueJob).count() == 0


def test_ids_are_done_at_once_as_a_page_has_few(session, little, support):
    ids = tuple(a_delivery(session).id for _ in range(3))
    session.commit()

    came = queue_jobs.change_or_begin(
        session, support, selection=Selection(ids=ids), act=QueueAct.CANCEL, now=NOON
    )

    assert came == Changed(changed=3, left=0)


def test_much_becomes_a_job_as_it_was_confirmed(session, little, support):
    wanted = QueueFilter(DeliveryState.HELD, Stream.CAMPAIGNS, "a")
    campaign = a_message(session, stream=Stream.CAMPAIGNS)
    held = {"state": DeliveryState.HELD, "recipient": "ada@contoso.test"}
    ids = [a_delivery(session, campaign, **held).id for _ in range(3)]
    session.commit()

    came = begin(session, support, selection=Selection(wanted=wanted), note=" Enough \n of it ")

    job = session.query(QueueJob).one()
    assert (job.newest_id, job.newest_at, job.user_id) == (ids[-1], NOON, support.user_id)
    assert (came.id, came.act, came.wanted) == (job.id, QueueAct.CANCEL, wanted)
    assert (came.state, came.note, came.actor) == (JobState.WAITING, "Enough of it", support.name)
    assert (came.percent, came.has_worker) == (None, False)
    assert {row.state for row in session.query(Delivery)} == {DeliveryState.HELD}
    event = session.query(AuditEvent).one()
    assert (event.action, event.subject) == ("queue_job.started", f"queue_job:{job.id}")
    assert event.after == {"act": "cancel", **wanted.as_words(), "note": "Enough of it"}


def test_mail_counts_as_there_although_the_panels_clock_is_behind(session, little, support):
    ahead = NOON + timedelta(minutes=5)
    for _ in range(3):
        a_delivery(session, a_message(session, created_at=ahead))
    session.commit()

    begin(session, support)

    assert session.query(QueueJob).one().newest_at == ahead


def test_asking_looking_and_stopping_need_the_permission(session, support):
    job = a_job(session)
    with pytest.raises(NotAllowed):
        queue_jobs.change_or_begin(session, NOBODY, selection=ALL, act=QueueAct.HOLD, now=NOON)
    with pytest.raises(NotAllowed):
        queue_jobs.follow(session, NOBODY, job_id=job.id, now=NOON)
    for look in (queue_jobs.latest, queue_jobs.notes):
        with pytest.raises(NotAllowed):
            look(session, NOBODY, now=NOON)
    with pytest.raises(NotAllowed):
        queue_jobs.stop(session, NOBODY, job_id=job.id, now=NOON)


def test_partner_admin_sees_and_stops_jobs_of_the_own_partner_only(session):
    mine, other = (a_user(session, Role.PARTNER_ADMIN) for _ in range(2))
    own = a_job(session, mine).id
    strangers = [a_job(session, other).id, a_job(session).id]
    actor = an_actor(mine)

    assert [job.id for job in queue_jobs.latest(session, actor, now=NOON)] == [own]
    assert [job.id for job in queue_jobs.notes(session, actor, now=NOON)] == [own]
    for job_id in (*strangers, 12345):
        with pytest.raises(NotFound):
            queue_jobs.follow(session, actor, job_id=job_id, now=NOON)
        with pytest.raises(NotFound):
            queue_jobs.stop(session, actor, job_id=job_id, now=NOON)
    assert queue_jobs.stop(session, actor, job_id=own, now=NOON).state is JobState.STOPPED
    session.expire_all()
    assert [session.get_one(QueueJob, id_).state for id_ in strangers] == ["waiting"] * 2


def test_partner_admin_is_not_shown_the_faults_words(session):
    admin = a_user(session, Role.PARTNER_ADMIN)
    job = a_job(session, admin, error="relation is locked")

    assert queue_jobs.follow(session, an_actor(admin), job_id=job.id, now=NOON).error == ""
    house = an_actor(a_user(session))
    found = queue_jobs.follow(session, house, job_id=job.id, now=NOON)
    assert found.error == "relation is locked"


def test_stopping_is_written_down_once(session, support):
    job = a_job(session, changed=7)

    for _ in range(2):
        came = queue_jobs.stop(session, support, job_id=job.id, now=NOON)

    assert (came.state, came.stopped_by, came.ended_at) == (JobState.STOPPED, support.name, NOON)
    event = session.query(AuditEvent).one()
    assert (event.action, event.actor, event.after) == (
        "queue_job.stopped",
        support.name,
        {"changed": 7},
    )


def test_progress_is_counted_and_full_only_at_the_end(session, support):
    a_worker_row(session)
    going = a_job(session, state=JobState.RUNNING, total=8, changed=5, left_sending=1)
    nearly = a_job(session, state=JobState.RUNNING, total=8, changed=9)
    done = a_job(session, state=JobState.DONE, total=0, ended_at=NOON)

    found = {job.id: job for job in queue_jobs.latest(session, support, now=NOON)}

    assert [found[job.id].percent for job in (going, nearly, done)] == [75, 99, 100]
    assert found[going.id].looked_at == 6
    assert found[going.id].has_worker
    assert [job.id for job in queue_jobs.notes(session, support, now=NOON)] == [
        going.id,
        nearly.id,
    ]


def test_too_many_open_jobs_are_refused(session, little, support, monkeypatch):
    monkeypatch.setattr(queue_jobs, "MOST_GOING", 1)
    partner = a_partner(session)
    for message in (a_message(session), a_message(session, partner_id=partner.id)):
        for _ in range(3):
            a_delivery(session, message)
    session.commit()
    admin = an_actor(a_user(session, Role.PARTNER_ADMIN, partner_id=partner.id))

    begin(session, admin)
    with pytest.raises(Conflict):
        begin(session, admin)
    session.rollback()

    assert session.query(QueueJob).count() == 1
