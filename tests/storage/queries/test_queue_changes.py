"""What waits can be removed, and what stays a worker's."""

from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.permission import EVERYTHING, Scope
from panel.domain.ruling import Choice
from panel.storage.models import Attempt, Delivery, Message, Ruling
from panel.storage.queries import queue_changes
from panel.storage.queries.queue_changes import REMOVABLE_STATES
from panel.storage.queue.rulings import Wish, carry_out
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def in_every_state(session) -> dict[DeliveryState, int]:
    """The id of a delivery in each state."""
    return {
        state: a_delivery(session, state=state, next_attempt_at=LATER).id for state in DeliveryState
    }


def in_states(made: dict[DeliveryState, int], states: frozenset[DeliveryState]) -> set[int]:
    return {made[state] for state in states}


def test_removal_takes_attempts_and_empty_messages_along(session, in_every_state):
    message = a_message(session)
    gone, stays = a_delivery(session, message), a_delivery(session, message)
    stays.state = DeliveryState.SENT
    an_attempt(session, gone)
    kept = an_attempt(session, stays)
    session.flush()
    ids = [*in_every_state.values(), gone.id, stays.id]

    touched = queue_changes.remove(session, EVERYTHING, ids=ids)

    assert set(touched.delivery_ids) == in_states(in_every_state, REMOVABLE_STATES) | {gone.id}
    assert len(touched.message_ids) == len(REMOVABLE_STATES)
    session.expire_all()
    assert [row.id for row in session.query(Attempt)] == [kept.id]
    assert session.get(Message, message.id) is not None
    assert {row.id for row in session.query(Delivery)} == set(ids) - set(touched.delivery_ids)


def test_removal_takes_what_was_decided_along(session):
    delivery = a_delivery(session)
    wish = Wish(Choice.HOLD, "ada@house.test", NOON)
    carry_out(session, EVERYTHING, wish, ids=[delivery.id])

    touched = queue_changes.remove(session, EVERYTHING, ids=[delivery.id])

    assert touched.delivery_ids == (delivery.id,)
    assert session.query(Ruling).count() == 0


def test_another_partners_mail_is_left_alone(session):
    ours, theirs = a_partner(session), a_partner(session)
    mine = a_delivery(session, a_message(session, partner_id=ours.id)).id
    other = a_delivery(session, a_message(session, partner_id=theirs.id)).id
    house = a_delivery(session).id

    touched = queue_changes.remove(
        session, Scope(is_everything=False, partner_id=ours.id), ids=[mine, other, house]
    )

    assert touched.delivery_ids == (mine,)
