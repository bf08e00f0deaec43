"""A decision about one delivery: who may make it, and what the actor is told."""

from typing import Any

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.permission import EVERYTHING, Actor, Permission, Scope
from panel.services.refusals import NotAllowed, NotFound
from panel.services.rulings import (
    Choice,
    MovedOn,
    NotPossible,
    Obstacle,
    Seen,
    decide,
    options,
)
from panel.storage.models import AuditEvent
from panel.storage.queries.rulings import rulings_of
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

ADA = Actor("ada@house.test", frozenset(Permission), EVERYTHING)
BOB = Actor("bob@house.test", frozenset(Permission), EVERYTHING)
READER = Actor("reader@house.test", frozenset({Permission.SEE_MAILING_LOG}), EVERYTHING)
IN_DOUBT = Seen(DeliveryState.UNCONFIRMED, 0)


def partner_admin(partner_id: int) -> Actor:
    scope = Scope(is_everything=False, partner_id=partner_id)
    return Actor("admin@acme.test", frozenset(Permission), scope)


@pytest.fixture
def doubtful(session):
    provider = a_provider(session, name="ses")
    lost: dict[str, Any] = {"next_attempt_at": None, "provider_id": provider.id}
    made = a_delivery(session, state=DeliveryState.UNCONFIRMED, **lost)
    session.commit()
    return made.message_id, made.id


def rule(session, actor, mail, choice, seen=IN_DOUBT, note=""):
    message_id, delivery_id = mail
    decide(
        session,
        actor,
        message_id=message_id,
        delivery_id=delivery_id,
        choice=choice,
        seen=seen,
        note=note,
        now=NOON,
    )


def options_of(session, actor, mail):
    message_id, delivery_id = mail
    return options(session, actor, message_id=message_id, delivery_id=delivery_id, now=NOON)


def test_decision_needs_the_permission(session, doubtful):
    with pytest.raises(NotAllowed):
        rule(session, READER, doubtful, Choice.GIVE_UP)
    assert options_of(session, READER, doubtful).possible == ()
    with pytest.raises(NotAllowed):
        options_of(session, Actor("nobody", frozenset(), EVERYTHING), doubtful)


def test_mail_of_others_is_not_there(session, doubtful):
    stranger = partner_admin(a_partner(session).id)
    session.commit()

    with pytest.raises(NotFound):
        rule(session, stranger, doubtful, Choice.GIVE_UP)
    with pytest.raises(NotFound):
        options_of(session, stranger, doubtful)


def test_decision_is_audited_for_the_partner_whose_mail_it_is(session):
    partner = a_partner(session)
    message = a_message(session, partner_id=partner.id)
    made = a_delivery(session, message, state=DeliveryState.UNCONFIRMED)
    session.commit()

    rule(session, ADA, (message.id, made.id), Choice.COUNT_AS_SENT, note="x" * 900)

    (event,) = session.query(AuditEvent).all()
    assert (event.partner_id, event.action) == (partner.id, "queue.counted_as_sent")
    assert event.after == {"message": message.id, "note": "x" * 500}


def test_second_decision_is_refused_with_the_first(session, doubtful):
    rule(session, ADA, doubtful, Choice.SEND_AGAIN)

    with pytest.raises(MovedOn) as refused:
        rule(session, BOB, doubtful, Choice.SEND_AGAIN)

    assert refused.value.state is DeliveryState.QUEUED
    assert refused.value.by is not None
    assert refused.value.by.actor == ADA.name
    assert len(rulings_of(session, doubtful[1])) == 1


def test_old_decision_is_not_taken_for_the_one_that_came_in_between(session, doubtful):
    rule(session, ADA, doubtful, Choice.GIVE_UP)
    known = Seen(DeliveryState.UNCONFIRMED, 0, rulings_of(session, doubtful[1])[-1].id)
    session.rollback()

    with pytest.raises(MovedOn) as refused:
        rule(session, BOB, doubtful, Choice.GIVE_UP, seen=known)

    assert refused.value.by is None


def test_what_does_not_fit_is_refused_with_its_reason(session, doubtful):
    with pytest.raises(NotPossible) as refused:
        rule(session, ADA, doubtful, Choice.CANCEL)

    assert refused.value.obstacle is Obstacle.MAY_HAVE_ARRIVED
    assert session.query(AuditEvent).count() == 0


def test_options_name_the_provider_of_a_copy_to_those_who_may_know_it(session, doubtful):
    found = options_of(session, ADA, doubtful)

    assert found.possible == (Choice.SEND_AGAIN, Choice.COUNT_AS_SENT, Choice.GIVE_UP)
    assert (found.copy_at, found.is_bound) == ("ses", True)


@pytest.mark.parametrize("was_lost", [True, False])
def test_further_try_of_what_was_given_up_is_known_as_a_copy(session, was_lost):
    state = DeliveryState.UNCONFIRMED if was_lost else DeliveryState.FAILED
    made = a_delivery(session, state=state)
    session.commit()
    mail = (made.message_id, made.id)
    if was_lost:
        rule(session, ADA, mail, Choice.GIVE_UP)

    found = options_of(session, ADA, mail)

    assert (found.possible, found.is_copy) == ((Choice.SEND_AGAIN,), was_lost)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"state": DeliveryState.QUEUED}, None),
        ({"state": DeliveryState.QUEUED, "copies": 1}, Obstacle.MAY_HAVE_ARRIVED),
        ({"state": DeliveryState.SENDING}, Obstacle.BEING_SENT),
        ({"state": DeliveryState.UNCONFIRMED}, Obstacle.MAY_HAVE_ARRIVED),
        ({"state": DeliveryState.UNCONFIRMED, "expires_at": NOON}, Obstacle.TOO_LATE),
        ({"state": DeliveryState.EXPIRED, "expires_at": NOON}, Obstacle.TOO_LATE),
        ({"state": DeliveryState.FAILED}, None),
        ({"state": DeliveryState.SENT}, Obstacle.TAKEN),
    ],
)
def test_options_say_what_stands_in_the_way(session, values, reason):
    made = a_delivery(session, **values)
    session.commit()

    assert options_of(session, ADA, (made.message_id, made.id)).obstacle is reason


def test_partner_is_not_told_the_name_of_the_houses_provider(session):
    partner, provider = a_partner(session), a_provider(session, name="ses")
    lost = {"state": DeliveryState.UNCONFIRMED, "provider_id": provider.id}
    made = a_delivery(session, a_message(session, partner_id=partner.id), **lost)
    session.commit()

    found = options_of(session, partner_admin(partner.id), (made.message_id, made.id))

    assert (found.copy_at, found.is_bound) == ("", True)
