"""What a worker had in its hands when it died, was stopped, or broke a round."""

from dataclasses import replace

import pytest

from panel.domain.decision import Decision
from panel.domain.delivery import AttemptStatus, DeliveryState, Phase, Stream
from panel.domain.outcome import Stage
from panel.domain.smtp_outcomes import by_name
from panel.storage.models import Delivery
from panel.storage.queue.batch import Batch
from panel.storage.queue.marks import Settled
from panel.storage.queue.rescue import (
    MOST_RESCUES,
    RESCUED_TOO_OFTEN,
    Holder,
    Reason,
    requeue_claimed,
    settle_in_doubt,
    settle_taken,
)
from tests.domain.outcomes import an_outcome
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.storage.queue.holding import (
    MINUTE,
    TOKEN,
    WORKER,
    a_held_delivery,
    at_once,
    hand_over,
    ids,
    log_of,
    row,
    take,
    write_batch,
)

DEAD = Holder(WORKER)
DIED = Reason("It died.")
LOST = by_name("worker_lost", Stage.FINAL)
NEXT_AT = dict.fromkeys(Stream) | {Stream.SYSTEM: NOON + MINUTE}


def requeue(session, holder: Holder = DEAD, reason: Reason = DIED) -> int:
    moved = requeue_claimed(session, holder, reason)
    session.commit()
    return moved


def settle(session, holder: Holder = DEAD) -> int:
    moved = settle_in_doubt(session, holder, outcome=LOST, next_at=NEXT_AT)
    session.commit()
    return moved


def test_what_was_not_yet_handed_over_goes_back_to_its_place_in_the_queue(session):
    identifier = a_held_delivery(session, rule="greylisted", said="451 Later")

    assert requeue(session) == 1

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.QUEUED, NOON)
    assert (found.worker_id, found.claim_token, found.phase) == (None, None, None)
    assert (found.rule, found.said) == ("greylisted", "451 Later")
    assert found.rescues == 1


def test_what_was_being_handed_over_is_left_in_doubt(session):
    identifier = a_held_delivery(session, phase=Phase.HANDING_OVER)

    assert requeue(session) == 0
    assert settle(session) == 1

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.UNCONFIRMED, NOON + MINUTE)
    assert (found.rule, found.claim_token, found.phase) == ("worker_lost", None, None)


def test_doubt_is_only_for_what_was_being_handed_over(session):
    identifier = a_held_delivery(session)

    assert settle(session) == 0
    assert row(session, identifier).state is DeliveryState.SENDING


@pytest.mark.parametrize("phase", [Phase.HANDING_OVER, Phase.CONNECTED])
def test_what_the_log_says_was_taken_is_sent(session, phase):
    """The worker ended between its write of the answer and that of the decision."""
    identifier = a_held_delivery(session, phase=phase, rescues=1)
    other = a_held_delivery(session, token="token-2", phase=phase)
    open_attempt(
        session,
        identifier,
        status=AttemptStatus.SUCCESS,
        number=2,
        provider_id=7,
        rule="accepted",
        said="250 ok",
        finished_at=NOON,
    )
    open_attempt(session, other)

    assert settle_taken(session, DEAD) == 1
    session.commit()

    found = row(session, identifier)
    assert (found.state, found.ended_at, found.next_attempt_at) == (DeliveryState.SENT, NOON, None)
    assert (found.rule, found.said, found.provider_id) == ("accepted", "250 ok", 7)
    assert (found.attempts, found.rescues, found.worker_id, found.phase) == (2, 0, None, None)
    assert row(session, other).state is DeliveryState.SENDING


def test_what_others_hold_is_not_settled_for_them(session):
    identifier = a_held_delivery(session, phase=Phase.HANDING_OVER)
    open_attempt(session, identifier, status=AttemptStatus.SUCCESS)

    assert settle_taken(session, Holder("somebody else")) == 0
    assert settle_taken(session, Holder(WORKER, "another claim", (identifier,))) == 0
    assert row(session, identifier).state is DeliveryState.SENDING


def test_a_policy_that_leaves_it_to_people_gives_no_time(session):
    message = a_message(session, stream=Stream.CRM)
    a_delivery(session, message)
    session.commit()
    (identifier,) = ids(take(session))
    hand_over(session, identifier)

    settle(session)

    assert row(session, identifier).next_attempt_at is None


def test_its_open_attempt_is_closed_and_counted(session):
    identifier = a_held_delivery(session)
    open_attempt(session, identifier, number=3)

    requeue(session)

    (attempt,) = log_of(session, identifier)
    assert (attempt.status, attempt.rule, attempt.said) == (
        AttemptStatus.FAIL,
        "worker_ended",
        "It died.",
    )
    assert row(session, identifier).attempts == 3


def test_doubt_knows_which_provider_may_have_sent_it(session):
    """A copy must go to nobody else."""
    identifier = a_held_delivery(session, provider_id=1)
    open_attempt(session, identifier, number=1, provider_id=1, status=AttemptStatus.FAIL)
    open_attempt(session, identifier, number=2, provider_id=8, started_at=NOON + MINUTE)
    hand_over(session, identifier, number=2, provider_id=8, started_at=NOON + MINUTE)

    settle(session)

    found = row(session, identifier)
    assert (found.provider_id, found.last_attempt_at) == (8, NOON + MINUTE)
    assert [attempt.rule for attempt in log_of(session, identifier)][1] == "worker_lost"


def test_doubt_knows_the_provider_though_the_attempt_was_not_yet_in_the_log(session):
    identifier = a_held_delivery(session, phase=Phase.HANDING_OVER, provider_id=8)

    settle(session)

    assert row(session, identifier).provider_id == 8


def test_the_third_rescue_holds_a_delivery_for_a_person(session):
    identifier = a_held_delivery(session, rescues=MOST_RESCUES - 1)

    assert requeue(session) == 1

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.HELD, RESCUED_TOO_OFTEN)
    assert found.next_attempt_at is None
    assert found.said == "Taken back 3 times. It died."
    assert found.claim_token is None


def test_a_delivery_may_be_rescued_twice(session):
    identifier = a_held_delivery(session, rescues=MOST_RESCUES - 2)

    requeue(session)

    assert row(session, identifier).state is DeliveryState.QUEUED


def test_a_round_that_ends_in_good_order_clears_a_delivery_of_suspicion(session):
    identifier = a_held_delivery(session, rescues=2)
    waits = Decision(DeliveryState.DEFERRED, "greylisted", "451 Later", next_attempt_at=NOON)

    waiting = Settled(identifier, TOKEN, waits, 1, 5, NOON, None, [], NOON)
    write_batch(session, Batch(settled=[waiting]))
    session.commit()
    assert row(session, identifier).rescues == 0

    take(session)
    requeue(session)
    assert row(session, identifier).state is DeliveryState.QUEUED


def test_being_stopped_by_a_person_is_not_held_against_a_mail(session):
    identifier = a_held_delivery(session, rescues=MOST_RESCUES - 1)

    requeue(session, reason=replace(DIED, is_counted=False))

    found = row(session, identifier)
    assert (found.state, found.rescues) == (DeliveryState.QUEUED, MOST_RESCUES - 1)


def test_a_broken_round_waits_a_while(session):
    identifier = a_held_delivery(session)

    requeue(session, reason=Reason("Broken.", "round_failed", delays_until=NOON + MINUTE))

    assert row(session, identifier).next_attempt_at == NOON + MINUTE


def test_only_the_dead_workers_mail_is_taken_back(session):
    identifier = a_held_delivery(session)

    assert requeue(session, Holder("another")) == 0
    assert settle(session, Holder("another")) == 0
    assert row(session, identifier).state is DeliveryState.SENDING


def test_of_a_broken_round_only_its_own_deliveries_are_taken_back(session):
    first, second = a_delivery(session).id, a_delivery(session).id
    session.commit()
    take(session)

    assert requeue(session, Holder(WORKER, TOKEN, (first,))) == 1
    assert requeue(session, Holder(WORKER, "another claim", (second,))) == 0

    states = [row(session, identifier).state for identifier in (first, second)]
    assert states == [DeliveryState.QUEUED, DeliveryState.SENDING]


@pytest.mark.parametrize("phase", [Phase.CLAIMED, Phase.HANDING_OVER])
def test_after_a_rescue_the_former_worker_may_not_hand_over(session, phase):
    identifier = a_held_delivery(session, phase=phase)
    requeue(session)
    settle(session)

    assert not hand_over(session, identifier)


def test_only_a_lost_answer_leaves_doubt(session):
    with pytest.raises(ValueError, match="unconfirmed"):
        settle_in_doubt(session, DEAD, outcome=an_outcome(), next_at=NEXT_AT)


def test_two_who_rescue_the_same_worker_count_each_delivery_once(session, engine):
    message = a_message(session)
    for number in range(60):
        a_delivery(session, message, recipient=f"{number}@contoso.test")
    session.commit()
    held = ids(take(session))

    moved = at_once(engine, requeue, requeue, requeue)

    assert sum(moved) == 60
    assert {row(session, identifier).rescues for identifier in held} == {1}


def test_a_hand_over_and_a_rescue_never_both_win(session, engine):
    message = a_message(session)
    for number in range(40):
        a_delivery(session, message, recipient=f"{number}@contoso.test")
    session.commit()
    held = ids(take(session))

    def hand_all_over(other):
        allowed = []
        for identifier in held:
            allowed.append(hand_over(other, identifier))
            other.commit()
        return allowed

    allowed, _moved = at_once(engine, hand_all_over, requeue)

    for identifier, may in zip(held, allowed, strict=True):
        state = row(session, identifier).state
        assert (state is DeliveryState.SENDING) == may


def open_attempt(session, identifier: int, **overrides) -> None:
    """An attempt that its worker did not come to close."""
    values = {"status": AttemptStatus.IN_PROGRESS, "finished_at": None, "rule": "", "said": ""}
    delivery = session.get_one(Delivery, identifier)
    an_attempt(session, delivery, **(values | overrides))
    session.commit()
