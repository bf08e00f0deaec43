"""What a person may do to waiting deliveries, and what stays a worker's."""

from datetime import timedelta

import pytest

from panel.domain.delivery import DUE_STATES, DeliveryState
from panel.domain.permission import EVERYTHING, Scope
from panel.storage.models import Attempt, Delivery, Message
from panel.storage.queries import queue_changes
from panel.storage.queries.queue_changes import REMOVABLE_STATES
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


def test_only_what_waits_for_its_time_becomes_due(session, in_every_state):
    touched = queue_changes.make_due(
        session, EVERYTHING, ids=list(in_every_state.values()), now=NOON
    )

    assert set(touched.delivery_ids) == in_states(in_every_state, DUE_STATES)
    for id_ in touched.delivery_ids:
        row = session.get(Delivery, id_, populate_existing=True)
        assert (row.state, row.next_attempt_at) == (DeliveryState.QUEUED, NOON)
    sending = session.get(Delivery, in_every_state[DeliveryState.SENDING], populate_existing=True)
    assert sending.next_attempt_at == LATER


def test_only_what_nobody_sends_is_cancelled(session, in_every_state):
    touched = queue_changes.cancel(session, EVERYTHING, ids=list(in_every_state.values()), now=NOON)

    assert set(touched.delivery_ids) == in_states(in_every_state, DUE_STATES)
    row = session.get(Delivery, touched.delivery_ids[0], populate_existing=True)
    assert (row.state, row.ended_at, row.next_attempt_at) == (DeliveryState.CANCELLED, NOON, None)
    assert (row.rule, row.said) == ("cancelled", "")


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


@pytest.mark.parametrize("change", ["make_due", "cancel", "remove"])
def test_another_partners_mail_is_left_alone(session, change):
    ours, theirs = a_partner(session), a_partner(session)
    mine = a_delivery(session, a_message(session, partner_id=ours.id)).id
    other = a_delivery(session, a_message(session, partner_id=theirs.id)).id
    house = a_delivery(session).id
    moment = {} if change == "remove" else {"now": NOON}

    touched = getattr(queue_changes, change)(
        session, Scope(is_everything=False, partner_id=ours.id), ids=[mine, other, house], **moment
    )

    assert touched.delivery_ids == (mine,)
