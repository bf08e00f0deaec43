"""A drill's mail passes over one provider, teaches nothing about it, and its result is kept."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.drill import DrillResult
from panel.sending.drills import end_drills
from panel.storage.models import AuditEvent, Delivery, Drill, ProviderHealth
from panel.storage.queue.drills import DRILL_DELETED, DRILL_OVER
from tests.factories.drills import a_drill
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import state, tried
from tests.storage.queue.holding import row

LATER = NOON + timedelta(seconds=5)


@pytest.fixture
def pair(session, make_smtp_server):
    """Two providers with their servers: the first is healthy, too."""
    servers = make_smtp_server(), make_smtp_server()
    names = ("relay one", "relay two")
    made = [
        a_provider(session, port=server.port, name=name)
        for server, name in zip(servers, names, strict=True)
    ]
    return (*servers, *made)


@pytest.fixture
def drill(session, clock):
    """Begins a drill whose mail is due and lives for a day."""

    def drill(down, stand_in):
        message = a_message(session, created_at=clock, source="drill", down_provider_id=down.id)
        delivery = a_delivery(session, message, expires_at=clock + timedelta(days=1))
        return a_drill(session, down, stand_in, delivery=delivery, started_at=clock)

    return drill


def ended(session, identifier):
    """The drill as it lies in the database; no transaction stays open."""
    session.rollback()
    found = session.get_one(Drill, identifier, populate_existing=True)
    session.expunge(found)
    session.rollback()
    return found


def test_a_drills_mail_goes_to_the_next_provider_and_other_mail_to_the_first(
    session, pair, drill, mail, rounds
):
    first, second, down, stand_in = pair
    drilled = drill(down, stand_in).delivery_id
    usual = mail("usual@contoso.test")

    rounds()

    assert [taken.recipients for taken in first.mails] == [("usual@contoso.test",)]
    assert len(second.mails) == 1
    assert tried(session, drilled) == [("relay two", "accepted")]
    assert tried(session, usual) == [("relay one", "accepted")]
    assert row(session, drilled).route[0] == {
        "provider_id": down.id,
        "name": "relay one",
        "skip": "drill",
    }


def test_nothing_is_learnt_about_the_provider_that_counts_as_down(session, pair, drill, rounds):
    first, _second, down, stand_in = pair
    drill(down, stand_in)

    rounds()

    assert first.verbs == []
    assert session.get(ProviderHealth, down.id) is None


def test_a_drill_without_a_second_provider_never_goes_to_the_first(session, pair, drill, rounds):
    first, second, down, stand_in = pair
    stand_in.is_active = False
    drilled = drill(down, stand_in).delivery_id

    rounds()

    found = row(session, drilled)
    assert (found.state, found.rule) == (DeliveryState.HELD, "no_route")
    assert "relay one: drill" in found.said
    assert first.mails == second.mails == []


def test_a_worker_carries_a_drill_to_its_end_and_keeps_the_result(
    engine, session, vault, pair, drill, often
):
    _first, second, down, stand_in = pair
    begun = drill(down, stand_in)
    identifier = begun.id
    session.commit()

    with a_worker(engine, vault):
        until(lambda: ended(session, identifier).ended_at)

    found = ended(session, identifier)
    assert len(second.mails) == 1
    assert (found.result, found.taken_by_name) == (DrillResult.PASSED, "relay two")
    assert found.said.startswith("250")
    assert found.started_at < found.ended_at < found.started_at + timedelta(seconds=20)
    (event,) = session.scalars(select(AuditEvent))
    assert (event.actor, event.action, event.subject) == (
        "worker",
        "drill.ended",
        f"drill:{identifier}",
    )
    assert event.after == {"result": "passed", "taken_by": "relay two", "reason": "accepted"}


def test_a_second_provider_that_cannot_take_it_fails_the_drill_and_the_mail_is_called_off(
    engine, session, vault, pair, drill, often
):
    first, second, down, stand_in = pair
    second.stop()
    begun = drill(down, stand_in)
    identifier, drilled = begun.id, begun.delivery_id
    session.commit()

    with a_worker(engine, vault):
        until(lambda: ended(session, identifier).ended_at)

    found = ended(session, identifier)
    assert (found.result, found.rule) == (DrillResult.FAILED, "unreachable")
    assert found.taken_by_provider_id is None
    called_off = row(session, drilled)
    assert (called_off.state, called_off.rule) == (DeliveryState.CANCELLED, DRILL_OVER)
    assert called_off.next_attempt_at is None
    assert first.mails == []


def begun(session, **overrides):
    """A drill whose delivery stands as given."""
    down, stand_in = a_provider(session), a_provider(session)
    message = a_message(session, down_provider_id=down.id)
    delivery = a_delivery(session, message, **overrides)
    return a_drill(session, down, stand_in, delivery=delivery), delivery


@pytest.mark.parametrize("going", [DeliveryState.QUEUED, DeliveryState.SENDING])
def test_a_drill_on_its_way_is_left_alone(session, going):
    drill, delivery = begun(session, state=going)

    assert end_drills(session, now=LATER) == 0
    assert drill.ended_at is None
    session.commit()
    assert state(session, delivery.id) is going


def test_a_lost_answer_fails_the_drill_and_leaves_the_mail_to_its_streams_rule(session):
    drill, delivery = begun(session, state=DeliveryState.UNCONFIRMED, rule="answer_lost")

    assert end_drills(session, now=LATER) == 1
    assert (drill.result, drill.rule, drill.ended_at) == (DrillResult.FAILED, "answer_lost", LATER)
    session.refresh(delivery)
    assert delivery.state is DeliveryState.UNCONFIRMED


def test_a_mail_that_expired_before_a_worker_came_fails_the_drill(session):
    drill, _delivery = begun(session, state=DeliveryState.EXPIRED, ended_at=NOON)

    end_drills(session, now=LATER)

    assert (drill.result, drill.rule, drill.ended_at) == (DrillResult.FAILED, "expired", NOON)


def test_a_mail_that_somebody_deleted_fails_the_drill(session):
    drill, delivery = begun(session)
    session.delete(session.get_one(Delivery, delivery.id))
    session.flush()

    end_drills(session, now=LATER)

    assert (drill.result, drill.rule) == (DrillResult.FAILED, DRILL_DELETED)


def test_a_third_provider_that_took_it_is_named(session):
    drill, delivery = begun(session, state=DeliveryState.SENT, ended_at=LATER)
    an_attempt(session, delivery, provider_name="relay two")
    an_attempt(
        session,
        delivery,
        provider_id=77,
        provider_name="relay three",
        status=AttemptStatus.SUCCESS,
        rule="accepted",
        finished_at=LATER,
    )

    end_drills(session, now=LATER + timedelta(seconds=5))

    assert (drill.result, drill.taken_by_provider_id) == (DrillResult.PASSED, 77)
    assert (drill.taken_by_name, drill.ended_at) == ("relay three", LATER)


def test_an_ended_drill_is_not_ended_again(session):
    begun(session, state=DeliveryState.UNCONFIRMED)

    assert end_drills(session, now=LATER) == 1
    assert end_drills(session, now=LATER) == 0
