"""Hand-over, decision and return of a delivery are written only by the worker that holds it."""

from dataclasses import replace
from typing import Any

import pytest

from panel.domain.decision import Decision
from panel.domain.delivery import DeliveryState, Phase
from panel.storage.queue.batch import Batch
from panel.storage.queue.marks import Returned, Settled
from panel.storage.queue.progress import LONGEST_SAID
from tests.factories.moments import NOON
from tests.storage.queue.holding import MINUTE, TOKEN, a_held_delivery, reached, row, write_batch

OTHER_TOKEN = "of a claim before"
SENT = Decision(DeliveryState.SENT, "accepted", "250 Ok")
WAITS = Decision(
    DeliveryState.DEFERRED,
    "greylisted",
    "451 Later",
    next_attempt_at=NOON + MINUTE,
    counts_as_retry=True,
)


def settled(delivery_id: int, decision: Decision = SENT, **overrides: Any) -> Settled:
    mark = Settled(
        delivery_id=delivery_id,
        token=TOKEN,
        decision=decision,
        attempts=1,
        provider_id=5,
        attempted_at=NOON,
        sticky_provider_id=None,
        route=[{"provider_id": 5, "name": "first", "skip": None}],
        at=NOON + MINUTE,
    )
    return replace(mark, **overrides)


def write(session, *marks: Settled) -> None:
    write_batch(session, Batch(settled=[*marks]))
    session.commit()


def test_a_hand_over_is_durable_before_it_is_allowed(session):
    identifier = a_held_delivery(session)

    held = write_batch(session, Batch(reached=[reached(identifier)]))
    session.commit()

    assert held == {(identifier, TOKEN)}
    found = row(session, identifier)
    assert (found.phase, found.provider_id) == (Phase.HANDING_OVER, 5)


def test_only_a_hand_over_says_who_may_have_the_mail(session):
    identifier = a_held_delivery(session, provider_id=3)

    write_batch(session, Batch(reached=[reached(identifier, Phase.CONNECTED)]))
    session.commit()

    found = row(session, identifier)
    assert (found.phase, found.provider_id) == (Phase.CONNECTED, 3)


def test_a_hand_over_is_refused_to_a_worker_that_lost_its_claim(session):
    mine, lost = a_held_delivery(session), a_held_delivery(session, token="token-2")

    marks = [reached(lost, token=OTHER_TOKEN), reached(mine), reached(lost + 1)]
    held = write_batch(session, Batch(reached=marks))
    session.commit()

    assert held == {(mine, TOKEN)}
    assert row(session, lost).phase is Phase.CLAIMED


def test_a_hand_over_that_is_marked_again_is_still_allowed(session):
    identifier = a_held_delivery(session, phase=Phase.HANDING_OVER)

    assert write_batch(session, Batch(reached=[reached(identifier)])) == {(identifier, TOKEN)}


def test_a_decision_takes_the_delivery_out_of_the_workers_hands(session):
    identifier = a_held_delivery(session, phase=Phase.HANDING_OVER)

    write(session, settled(identifier))

    found = row(session, identifier)
    assert (found.state, found.rule, found.said) == (DeliveryState.SENT, "accepted", "250 Ok")
    assert (found.phase, found.worker_id, found.claim_token) == (None, None, None)
    assert (found.attempts, found.provider_id, found.last_attempt_at) == (1, 5, NOON)
    assert (found.next_attempt_at, found.ended_at) == (None, NOON + MINUTE)
    assert found.route == [{"provider_id": 5, "name": "first", "skip": None}]


def test_a_delivery_that_waits_has_not_ended_and_counts_its_retry(session):
    identifier = a_held_delivery(session, retries=2)

    write(session, settled(identifier, WAITS, sticky_provider_id=5))

    found = row(session, identifier)
    assert (found.state, found.ended_at) == (DeliveryState.DEFERRED, None)
    assert (found.retries, found.next_attempt_at) == (3, NOON + MINUTE)
    assert found.sticky_provider_id == 5


@pytest.mark.parametrize("state", [DeliveryState.FAILED, DeliveryState.EXPIRED])
def test_what_is_final_has_an_end(session, state):
    identifier = a_held_delivery(session)

    write(session, settled(identifier, Decision(state, "refused", "550 No")))

    assert row(session, identifier).ended_at == NOON + MINUTE


def test_a_round_without_an_attempt_keeps_who_was_tried_before(session):
    identifier = a_held_delivery(session, provider_id=3, last_attempt_at=NOON - MINUTE)
    held = Decision(DeliveryState.HELD, "no_route", "Nobody.", next_attempt_at=NOON + MINUTE)

    write(session, settled(identifier, held, attempted_at=None, provider_id=None))

    found = row(session, identifier)
    assert (found.provider_id, found.last_attempt_at) == (3, NOON - MINUTE)


def test_a_decision_of_a_worker_that_lost_its_claim_changes_nothing(session):
    identifier = a_held_delivery(session)
    before = row(session, identifier)

    write(session, settled(identifier, token=OTHER_TOKEN))

    after = row(session, identifier)
    assert (after.state, after.claim_token, after.rule) == (
        before.state,
        before.claim_token,
        before.rule,
    )


def test_a_decision_that_is_written_again_changes_nothing_more(session):
    identifier = a_held_delivery(session)

    write(session, settled(identifier, WAITS))
    write(session, settled(identifier, WAITS))

    assert row(session, identifier).retries == 1


def test_a_long_reason_is_cut_to_what_fits(session):
    identifier = a_held_delivery(session)

    write(session, settled(identifier, replace(SENT, said="x" * 5000)))

    assert row(session, identifier).said == "x" * LONGEST_SAID


def test_a_returned_delivery_is_back_at_its_place_with_its_last_reason(session):
    identifier = a_held_delivery(session, rule="greylisted", said="451 Later", retries=4)

    write_batch(session, Batch(returned=[Returned(identifier, TOKEN, attempts=7)]))
    session.commit()

    found = row(session, identifier)
    assert (found.state, found.next_attempt_at) == (DeliveryState.QUEUED, NOON)
    assert (found.rule, found.said, found.retries) == ("greylisted", "451 Later", 4)
    assert (found.attempts, found.claim_token, found.phase) == (7, None, None)


def test_a_returned_delivery_may_be_due_at_another_time(session):
    identifier = a_held_delivery(session, provider_id=3)

    write_batch(
        session,
        Batch(returned=[Returned(identifier, TOKEN, 1, due_at=NOON + MINUTE, provider_id=5)]),
    )
    session.commit()

    found = row(session, identifier)
    assert (found.next_attempt_at, found.provider_id) == (NOON + MINUTE, 5)


def test_a_worker_that_lost_its_claim_returns_nothing(session):
    identifier = a_held_delivery(session)

    write_batch(session, Batch(returned=[Returned(identifier, OTHER_TOKEN, attempts=7)]))
    session.commit()

    assert row(session, identifier).state is DeliveryState.SENDING
