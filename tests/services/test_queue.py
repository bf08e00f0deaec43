"""The queue's use cases: who may, what is reported, what is written down, and who wins a race."""

import threading
from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import EVERYTHING, Actor, Permission, Scope
from panel.services import queue
from panel.services.queue import Changed, Cursor, QueueAct, QueueFilter, Selection
from panel.services.refusals import NotAllowed
from panel.storage.database import session_for
from panel.storage.models import AuditEvent, Delivery, Ruling
from panel.storage.queue.claims import Share, claim
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

SUPPORT = Actor("support@house.test", frozenset(Permission), EVERYTHING)
NOBODY = Actor("nobody", frozenset(), EVERYTHING)
USES = [queue.retry, queue.cancel, queue.delete]
each_use = pytest.mark.parametrize("use", USES, ids=lambda use: use.__name__)


def partner_admin(partner_id: int) -> Actor:
    scope = Scope(is_everything=False, partner_id=partner_id)
    return Actor("admin@acme.test", frozenset(Permission), scope)


@each_use
def test_change_needs_the_permission(session, use):
    with pytest.raises(NotAllowed):
        use(session, NOBODY, selection=Selection(ids=(1,)), now=NOON)


def test_looking_needs_the_permission(session):
    with pytest.raises(NotAllowed):
        queue.queue_page(session, NOBODY, wanted=QueueFilter(), cursor=Cursor())
    with pytest.raises(NotAllowed):
        queue.queue_counts(session, NOBODY)


@each_use
def test_report_tells_what_was_changed_and_what_was_left(session, use):
    due = [a_delivery(session, next_attempt_at=NOON + timedelta(hours=1)).id for _ in range(2)]
    sending = a_delivery(session, state=DeliveryState.SENDING).id
    session.commit()

    selection = Selection(ids=(*due, due[0], sending, 12345))

    assert use(session, SUPPORT, selection=selection, now=NOON) == Changed(changed=2, left=2)


@pytest.mark.parametrize(
    ("use", "action"),
    [(queue.retry, "retried"), (queue.cancel, "cancelled"), (queue.delete, "deleted")],
)
def test_change_is_written_down_with_its_number(session, use, action):
    partner = a_partner(session)
    delivery = a_delivery(session, a_message(session, partner_id=partner.id))
    session.commit()
    actor = partner_admin(partner.id)

    use(session, actor, selection=Selection(ids=(delivery.id,)), now=NOON)

    (event,) = session.query(AuditEvent).all()
    assert (event.action, event.actor, event.partner_id, event.at) == (
        f"queue.{action}",
        actor.name,
        partner.id,
        NOON,
    )
    messages = {"messages": [delivery.message_id]} if action == "deleted" else {}
    assert event.after == {"count": 1, "deliveries": [delivery.id], **messages}


@each_use
def test_nothing_is_written_down_when_nothing_changes(session, use):
    sending = a_delivery(session, state=DeliveryState.SENDING).id
    session.commit()

    use(session, SUPPORT, selection=Selection(ids=(sending,)), now=NOON)

    assert session.query(AuditEvent).count() == 0


def test_all_that_match_are_changed_in_batches(session, monkeypatch):
    monkeypatch.setattr(queue, "BATCH", 2)
    campaign = a_message(session, stream=Stream.CAMPAIGNS)
    for _ in range(5):
        a_delivery(session, campaign)
    other = a_delivery(session)
    session.commit()
    wanted = QueueFilter(stream=Stream.CAMPAIGNS)

    changed = queue.cancel(session, SUPPORT, selection=Selection(wanted=wanted), now=NOON)

    assert changed == Changed(changed=5, left=0)
    assert session.query(AuditEvent).count() == 3
    assert session.query(Delivery).filter_by(state=DeliveryState.QUEUED).one().id == other.id


@each_use
def test_worker_that_is_claiming_wins(engine, session, use):
    delivery = a_delivery(session)
    session.commit()
    reports = []

    def act() -> None:
        with session_for(engine) as own:
            reports.append(use(own, SUPPORT, selection=Selection(ids=(delivery.id,)), now=NOON))

    with session_for(engine) as worker:
        shares = [Share(delivery.flow, 10)]
        claim(worker, worker_id="w", token="t", shares=shares, now=NOON)
        person = threading.Thread(target=act)
        person.start()
        worker.commit()
    person.join()

    assert reports == [Changed(changed=0, left=1)]
    row = session.get(Delivery, delivery.id, populate_existing=True)
    assert (row.state, row.claim_token, row.worker_id) == (DeliveryState.SENDING, "t", "w")


def test_partner_is_not_told_what_the_houses_provider_said(session):
    partner = a_partner(session)
    own, house = a_provider(session, partner_id=partner.id), a_provider(session)
    message = a_message(session, partner_id=partner.id)
    for provider in (own, house):
        a_delivery(session, message, provider_id=provider.id, rule="greylisted", said="451 Later")

    def said(actor: Actor) -> list[str]:
        found = queue.queue_page(session, actor, wanted=QueueFilter(), cursor=Cursor())
        return [row.said for row in found.rows]

    assert said(partner_admin(partner.id)) == ["", "451 Later"]
    assert said(SUPPORT) == ["451 Later", "451 Later"]


@pytest.mark.parametrize("act", QueueAct)
def test_every_act_on_many_needs_the_permission(session, act):
    with pytest.raises(NotAllowed):
        queue.change(session, NOBODY, selection=Selection(ids=(1,)), act=act, now=NOON)


def test_release_reaches_what_is_held_and_nothing_else(session):
    later = NOON + timedelta(hours=1)
    held = a_delivery(session, state=DeliveryState.HELD, next_attempt_at=None).id
    deferred = a_delivery(session, state=DeliveryState.DEFERRED, next_attempt_at=later).id
    session.commit()

    changed = queue.change(
        session, SUPPORT, selection=Selection(ids=(held, deferred)), act=QueueAct.RELEASE, now=NOON
    )

    assert changed == Changed(changed=1, left=1)
    session.expire_all()
    rows = [session.get_one(Delivery, id_) for id_ in (held, deferred)]
    assert [(row.state, row.next_attempt_at) for row in rows] == [
        (DeliveryState.QUEUED, NOON),
        (DeliveryState.DEFERRED, later),
    ]
    assert session.query(AuditEvent).one().action == "queue.released"


def test_decision_about_many_is_written_down_with_its_reason(session):
    ids = tuple(a_delivery(session, state=DeliveryState.UNCONFIRMED).id for _ in range(2))
    session.commit()
    selection = Selection(ids=ids)

    changed = queue.change(
        session, SUPPORT, selection=selection, act=QueueAct.GIVE_UP, note=" So \n be it ", now=NOON
    )

    assert changed == Changed(changed=2, left=0)
    (event,) = session.query(AuditEvent).all()
    assert event.action == "queue.given_up"
    assert event.after == {"count": 2, "deliveries": list(ids), "note": "So be it"}
    assert {row.note for row in session.query(Ruling)} == {"So be it"}
