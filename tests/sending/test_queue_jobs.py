"""Jobs on the queue as workers carry them out: in batches, and only what was confirmed."""

import pytest
from sqlalchemy import select

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import Role
from panel.domain.queue_job import JobState, QueueAct
from panel.sending import queue_jobs
from panel.sending.clock import Clock, clock_s
from panel.sending.queue_jobs import Turn, work
from panel.sending.upkeep import Upkeep
from panel.storage.models import AuditEvent, Delivery, Ruling
from panel.storage.queries import queue_spans
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user
from tests.factories.queue_jobs import a_job
from tests.sending.working import LATER, ME, found, states, turns

pytestmark = pytest.mark.usefixtures("small_batches", "workers")


def test_job_is_done_in_batches_and_tells_what_it_left_and_why(engine, session):
    due = [a_delivery(session).id for _ in range(3)]
    sending = a_delivery(session, state=DeliveryState.SENDING).id
    doubtful = a_delivery(session, state=DeliveryState.UNCONFIRMED).id
    copy = a_delivery(session, copies=1).id
    job = a_job(session)

    assert turns(engine) == 4

    done = found(session, job)
    assert (done.state, done.total, done.changed) == (JobState.DONE, 6, 3)
    assert (done.left_sending, done.left_undecided, done.left_unfit, done.left_ended) == (
        1,
        1,
        1,
        0,
    )
    assert (done.began_at, done.ended_at, done.worker_id) == (LATER, LATER, None)
    assert states(session, due) == [DeliveryState.CANCELLED] * 3
    assert states(session, [sending, doubtful, copy]) == ["sending", "unconfirmed", "queued"]


def test_each_batch_is_written_down_as_if_it_were_done_directly(engine, session):
    ids = [a_delivery(session).id for _ in range(3)]
    job = a_job(session, act=QueueAct.HOLD, note="Wait", address="192.0.2.7")

    turns(engine)

    events = session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()
    assert [(event.action, event.actor, event.address) for event in events] == [
        ("queue.held", job.actor, "192.0.2.7"),
        ("queue.held", job.actor, "192.0.2.7"),
        ("queue_job.ended", "worker", ""),
    ]
    first = {"count": 2, "deliveries": ids[:2], "note": "Wait", "job": job.id}
    assert events[0].after == first
    assert events[-1].after == {"result": "done", "changed": 3, "left": 0}
    rulings = session.scalars(select(Ruling).order_by(Ruling.delivery_id)).all()
    assert [(row.delivery_id, row.actor, row.note) for row in rulings] == [
        (id_, job.actor, "Wait") for id_ in ids
    ]


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        (QueueAct.RETRY, DeliveryState.DEFERRED, DeliveryState.QUEUED),
        (QueueAct.RELEASE, DeliveryState.HELD, DeliveryState.QUEUED),
        (QueueAct.RELEASE, DeliveryState.DEFERRED, DeliveryState.DEFERRED),
        (QueueAct.DELETE, DeliveryState.QUEUED, None),
        (QueueAct.SEND_AGAIN, DeliveryState.UNCONFIRMED, DeliveryState.QUEUED),
        (QueueAct.COUNT_AS_SENT, DeliveryState.UNCONFIRMED, DeliveryState.SENT),
        (QueueAct.GIVE_UP, DeliveryState.UNCONFIRMED, DeliveryState.FAILED),
    ],
)
def test_every_act_can_be_a_job(engine, session, act, before, after):
    deliveries = [a_delivery(session, state=before) for _ in range(3)]
    for delivery in deliveries:
        an_attempt(session, delivery)
    ids = [delivery.id for delivery in deliveries]
    a_job(session, act=act)

    turns(engine)

    assert states(session, ids) == [after] * 3


def test_only_what_matched_when_it_was_confirmed_is_touched(engine, session):
    campaign = a_message(session, stream=Stream.CAMPAIGNS)
    mine = [a_delivery(session, campaign).id for _ in range(3)]
    other = a_delivery(session).id
    job = a_job(session, wanted={"stream": "campaigns"})
    # An id may have been given before, to a mail that was deleted.
    again = a_delivery(session, a_message(session, stream=Stream.CAMPAIGNS, created_at=LATER)).id
    job.newest_id = again
    late = a_delivery(session, campaign).id
    session.commit()

    turns(engine)

    assert states(session, mine) == [DeliveryState.CANCELLED] * 3
    assert states(session, [other, again, late]) == [DeliveryState.QUEUED] * 3
    assert found(session, job).total == 3


def test_what_ended_before_its_turn_is_told(engine, session):
    ids = [a_delivery(session).id for _ in range(4)]
    job = a_job(session)
    work(engine, worker_id=ME, now=LATER)
    session.get_one(Delivery, ids[3]).state = DeliveryState.SENT
    session.commit()

    turns(engine)

    done = found(session, job)
    assert (done.total, done.changed, done.left_ended) == (4, 3, 1)


def test_filter_that_lets_few_through_is_looked_through_in_pieces(engine, session, monkeypatch):
    monkeypatch.setattr(queue_spans, "SPAN", 2)
    for number in range(7):
        a_delivery(session, recipient=f"{'ada' if number == 5 else 'lena'}@contoso.test")
    job = a_job(session, wanted={"recipient": "ada"})

    assert turns(engine) == 4
    done = found(session, job)
    assert (done.state, done.total, done.changed) == (JobState.DONE, 1, 1)


def test_partners_job_stays_within_the_partner(engine, session):
    admin = a_user(session, Role.PARTNER_ADMIN)
    mine = a_delivery(session, a_message(session, partner_id=admin.partner_id)).id
    others = [
        a_delivery(session).id,
        a_delivery(session, a_message(session, partner_id=a_partner(session).id)).id,
    ]
    job = a_job(session, admin)

    turns(engine)

    assert states(session, [mine, *others]) == ["cancelled", "queued", "queued"]
    event = session.scalars(select(AuditEvent).where(AuditEvent.action == "queue.cancelled")).one()
    assert (event.partner_id, found(session, job).changed) == (admin.partner_id, 1)


def test_upkeep_works_on_jobs_and_rests_between_batches(engine, session):
    a_delivery(session)
    job = a_job(session)
    clock = Clock()
    clock.look(NOON, from_s=clock_s(), to_s=clock_s())
    upkeep = Upkeep(engine, worker_id=ME, clock=clock)

    assert upkeep.turn()
    assert upkeep.rest_s > 0
    assert found(session, job).state is JobState.DONE
    session.rollback()
    assert not upkeep.turn()
    assert upkeep.rest_s == 0


def test_rest_is_as_long_as_the_batch_took_but_not_for_ever():
    assert Turn(has_worked=True, took_s=0.25).rest_s == 0.25
    assert Turn(has_worked=True, took_s=60).rest_s == queue_jobs.LONGEST_REST_S
