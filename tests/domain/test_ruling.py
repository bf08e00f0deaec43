"""What can be decided follows from how a delivery stands."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.delivery import DUE_STATES, DeliveryState
from panel.domain.ruling import Case, Choice, Obstacle, choices, obstacle
from tests.factories.moments import NOON

LATER = NOON + timedelta(hours=2)
DUE = sorted(DUE_STATES)
cases = st.builds(
    Case,
    state=st.sampled_from(DeliveryState),
    is_copy=st.booleans(),
    expires_at=st.sampled_from([NOON, LATER]),
    is_taken=st.booleans(),
    has_content=st.booleans(),
    is_short_lived=st.booleans(),
)


def a_case(state: DeliveryState, *, is_copy: bool = False, **values) -> Case:
    return Case(state, is_copy, values.pop("expires_at", LATER), **values)


@pytest.mark.parametrize(
    ("state", "possible"),
    [
        (DeliveryState.QUEUED, {Choice.SEND_NOW, Choice.HOLD, Choice.CANCEL}),
        (DeliveryState.DEFERRED, {Choice.SEND_NOW, Choice.HOLD, Choice.CANCEL}),
        (DeliveryState.HELD, {Choice.SEND_NOW, Choice.CANCEL}),
        (
            DeliveryState.UNCONFIRMED,
            {Choice.SEND_AGAIN, Choice.COUNT_AS_SENT, Choice.GIVE_UP},
        ),
        (DeliveryState.FAILED, {Choice.SEND_AGAIN}),
        (DeliveryState.EXPIRED, {Choice.SEND_AGAIN}),
    ],
)
def test_each_state_has_its_decisions(state, possible):
    assert set(choices(a_case(state), now=NOON)) == possible


@pytest.mark.parametrize("state", DUE)
def test_a_copy_that_waits_can_be_ended_but_not_cancelled(state):
    possible = choices(a_case(state, is_copy=True), now=NOON)

    assert {Choice.COUNT_AS_SENT, Choice.GIVE_UP} < set(possible)
    assert obstacle(Choice.CANCEL, a_case(state, is_copy=True), now=NOON) is (
        Obstacle.MAY_HAVE_ARRIVED
    )


@given(cases)
def test_what_a_provider_has_taken_is_never_sent_again(case):
    taken = Case(case.state, case.is_copy, case.expires_at, is_taken=True)

    assert obstacle(Choice.SEND_AGAIN, taken, now=NOON) is Obstacle.TAKEN


@given(cases)
def test_nothing_is_cancelled_that_may_be_out(case):
    if Choice.CANCEL in choices(case, now=NOON):
        assert case.state in DUE_STATES
        assert not case.is_copy


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.EXPIRED])
def test_a_code_is_not_sent_after_its_time(state):
    late: dict[str, Any] = {"expires_at": NOON, "is_short_lived": True}

    assert obstacle(Choice.SEND_AGAIN, a_case(state, **late), now=NOON) is Obstacle.TOO_LATE
    assert obstacle(Choice.SEND_AGAIN, a_case(state, expires_at=NOON), now=NOON) is None


def test_a_mail_without_its_content_cannot_be_sent_again():
    case = a_case(DeliveryState.FAILED, has_content=False)

    assert obstacle(Choice.SEND_AGAIN, case, now=NOON) is Obstacle.NO_CONTENT


@pytest.mark.parametrize("choice", Choice)
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (DeliveryState.SENDING, Obstacle.BEING_SENT),
        (DeliveryState.SENT, Obstacle.TAKEN),
        (DeliveryState.DELIVERED, Obstacle.TAKEN),
        (DeliveryState.BOUNCED, Obstacle.TAKEN),
        (DeliveryState.COMPLAINED, Obstacle.TAKEN),
        (DeliveryState.CANCELLED, Obstacle.ENDED),
    ],
)
def test_what_is_sent_cancelled_or_on_its_way_leaves_nothing_to_decide(choice, state, reason):
    assert obstacle(choice, a_case(state), now=NOON) is reason


def test_an_unconfirmed_mail_says_why_it_cannot_be_cancelled():
    case = a_case(DeliveryState.UNCONFIRMED)

    assert obstacle(Choice.CANCEL, case, now=NOON) is Obstacle.MAY_HAVE_ARRIVED
