"""Time ends what is too late and decides what was left in doubt."""

from typing import Any

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.storage.queue import upkeep
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.storage.queue.holding import MINUTE, at_once, ids, row, take

TOO_LATE: dict[str, Any] = {"expires_at": NOON}


def expire(session) -> int:
    moved = upkeep.expire(session, now=NOON)
    session.commit()
    return moved


def decide(session) -> int:
    moved = upkeep.decide_unconfirmed(session, now=NOON)
    session.commit()
    return moved


def in_doubt(session, stream: Stream = Stream.SYSTEM, **overrides) -> int:
    """An unconfirmed delivery whose policy is due."""
    values: dict[str, Any] = {
        "state": DeliveryState.UNCONFIRMED,
        "provider_id": 5,
        "rule": "answer_lost",
    }
    return a_delivery(session, a_message(session, stream=stream), **(values | overrides)).id


@pytest.mark.parametrize(
    "state", [DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.HELD]
)
def test_what_waits_beyond_its_time_expires_and_keeps_its_reason(session, state):
    identifier = a_delivery(
        session, state=state, rule="greylisted", said="451 Later", **TOO_LATE
    ).id

    assert expire(session) == 1

    found = row(session, identifier)
    assert (found.state, found.ended_at) == (DeliveryState.EXPIRED, NOON)
    assert (found.rule, found.said) == ("greylisted", "451 Later")
    assert found.next_attempt_at is None


@pytest.mark.parametrize(
    "state",
    [
        DeliveryState.SENDING,
        DeliveryState.UNCONFIRMED,
        DeliveryState.SENT,
        DeliveryState.FAILED,
        DeliveryState.CANCELLED,
    ],
)
def test_what_is_on_its_way_in_doubt_or_ended_does_not_expire(session, state):
    identifier = a_delivery(session, state=state, **TOO_LATE).id

    assert expire(session) == 0
    assert row(session, identifier).state is state


def test_nothing_expires_before_its_time(session):
    a_delivery(session, expires_at=NOON + MINUTE)

    assert expire(session) == 0


def test_a_held_mail_that_waits_for_a_person_expires_too(session):
    identifier = a_delivery(session, state=DeliveryState.HELD, next_attempt_at=None, **TOO_LATE).id

    expire(session)

    assert row(session, identifier).state is DeliveryState.EXPIRED


def test_expiry_goes_in_portions(session, monkeypatch):
    monkeypatch.setattr(upkeep, "_BATCH", 2)
    for _ in range(5):
        a_delivery(session, **TOO_LATE)

    assert [expire(session) for _ in range(4)] == [2, 2, 1, 0]


def test_a_claim_and_expiry_never_both_win(session, engine):
    """At the last moment: to the claim it is in time, to the expiry it is not."""
    identifier = a_delivery(session, **TOO_LATE).id
    session.commit()

    taken, expired = at_once(
        engine, lambda other: ids(take(other, now=NOON - MINUTE + MINUTE / 60)), expire
    )

    state = row(session, identifier).state
    assert (len(taken), expired) in {(1, 0), (0, 1), (0, 0)}
    assert (state is DeliveryState.SENDING) == (taken == [identifier])


def test_system_mail_is_sent_again_by_the_provider_that_may_have_sent_it(session):
    identifier = in_doubt(session)

    assert decide(session) == 1

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.QUEUED, NOON)
    assert (found.copies, found.sticky_provider_id) == (1, 5)


def test_a_copy_whose_answer_is_lost_as_well_is_left_to_a_person(session):
    identifier = in_doubt(session, copies=1)

    decide(session)

    found = row(session, identifier)
    assert (found.state, found.copies) == (DeliveryState.UNCONFIRMED, 1)
    assert found.next_attempt_at is None


def test_what_is_too_late_for_a_copy_may_have_arrived_and_does_not_expire(session):
    identifier = in_doubt(session, expires_at=NOON)

    decide(session)

    assert expire(session) == 0
    assert row(session, identifier).state is DeliveryState.UNCONFIRMED


def test_campaigns_count_as_sent(session):
    identifier = in_doubt(session, Stream.CAMPAIGNS)

    decide(session)

    found = row(session, identifier)
    assert (found.state, found.ended_at) == (DeliveryState.SENT, NOON)
    assert (found.rule, found.copies) == ("answer_lost", 0)


@pytest.mark.parametrize("stream", [Stream.CRM, Stream.CUSTOMER_SERVICE])
def test_what_people_decide_waits_for_them_and_never_turns_in_a_circle(session, stream):
    identifier = in_doubt(session, stream)

    assert [decide(session), decide(session)] == [1, 0]
    assert row(session, identifier).state is DeliveryState.UNCONFIRMED


def test_no_policy_decides_before_its_delay_has_passed(session):
    identifier = in_doubt(session, next_attempt_at=NOON + MINUTE)

    assert decide(session) == 0
    assert row(session, identifier).state is DeliveryState.UNCONFIRMED


def test_several_who_decide_at_once_send_one_copy(session, engine):
    made = [in_doubt(session) for _ in range(30)]
    session.commit()

    at_once(engine, decide, decide, decide)

    assert {row(session, identifier).copies for identifier in made} == {1}
