"""What an outcome does to a delivery: it moves, waits, ends, or is left in doubt."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.decision import (
    NO_PROVIDER,
    Decision,
    Standing,
    decide,
    goes_on,
    held_without_provider,
    refused_by_all,
)
from panel.domain.delivery import POLICIES, DeliveryState, Stream, StreamPolicy, UnconfirmedPolicy
from panel.domain.outcome import Move, Outcome, Scope
from panel.domain.retry import NO_PROVIDER_DELAY
from panel.domain.smtp_outcomes import RULES
from tests.domain.outcomes import ACCEPTED, an_outcome
from tests.factories.moments import NOON

STANDING = Standing(Stream.SYSTEM, retries=0, expires_at=NOON + timedelta(days=5))
POLICY = POLICIES[Stream.SYSTEM]
STANDINGS = st.builds(
    Standing,
    stream=st.sampled_from(Stream),
    retries=st.integers(0, 50),
    expires_at=st.timedeltas(timedelta(seconds=1), timedelta(days=5)).map(lambda d: NOON + d),
)
PROVIDER_RULES = [rule for rule in RULES if rule.scope is Scope.PROVIDER]


def decided(move: Move, standing: Standing = STANDING, *, others: bool = False) -> Decision:
    return decide(
        an_outcome(move),
        standing,
        POLICIES[standing.stream],
        now=NOON,
        jitter=0,
        others_may_help=others,
    )


def test_what_a_provider_took_is_sent():
    decision = decide(ACCEPTED, STANDING, POLICY, now=NOON, jitter=0)

    assert decision.state is DeliveryState.SENT
    assert decision.next_attempt_at is None


@given(
    rule=st.sampled_from(PROVIDER_RULES),
    standing=STANDINGS,
    policy=st.sampled_from(list(POLICIES.values())),
    others=st.booleans(),
    jitter=st.floats(-1, 1),
)
def test_a_providers_fault_never_fails_a_mail(rule, standing, policy, others, jitter):
    outcome = an_outcome(rule.move, rule.effect, scope=rule.scope, is_permanent=rule.is_permanent)

    decision = decide(outcome, standing, policy, now=NOON, jitter=jitter, others_may_help=others)

    assert decision.state in {
        DeliveryState.SENT,
        DeliveryState.DEFERRED,
        DeliveryState.UNCONFIRMED,
    }


@given(standing=STANDINGS, others=st.booleans())
def test_a_refusal_for_good_is_final_whoever_else_is_there(standing, others):
    assert decided(Move.FAIL, standing, others=others).state is DeliveryState.FAILED


@pytest.mark.parametrize("move", [Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL])
def test_a_refusal_that_others_may_not_share_is_final_only_when_nobody_else_may_help(move):
    assert decided(move, others=False).state is DeliveryState.FAILED
    assert decided(move, others=True).state is DeliveryState.DEFERRED


@given(
    move=st.sampled_from([Move.NEXT, Move.WAIT, Move.WAIT_SAME, Move.AGAIN]),
    standing=STANDINGS,
    hint_s=st.none() | st.integers(1, 86400),
)
def test_what_waits_counts_a_retry_and_is_never_due_after_its_end(move, standing, hint_s):
    outcome = an_outcome(move, retry_after_s=hint_s)

    decision = decide(outcome, standing, POLICY, now=NOON, jitter=0)

    assert decision.state is DeliveryState.DEFERRED
    assert decision.counts_as_retry
    assert decision.next_attempt_at is not None
    assert NOON < decision.next_attempt_at <= standing.expires_at


def test_each_retry_waits_longer_than_the_one_before():
    later = decided(Move.WAIT, replace(STANDING, retries=3))

    assert decided(Move.WAIT).next_attempt_at == NOON + timedelta(minutes=1)
    assert later.next_attempt_at == NOON + timedelta(minutes=8)


def test_the_schedule_is_that_of_the_policy():
    policy = replace(POLICY, schedule=(timedelta(minutes=7),))

    decision = decide(an_outcome(Move.WAIT), STANDING, policy, now=NOON, jitter=0)

    assert decision.next_attempt_at == NOON + timedelta(minutes=7)


@pytest.mark.parametrize("policy", UnconfirmedPolicy)
def test_only_what_people_decide_has_no_time(policy):
    rules = StreamPolicy(policy, timedelta(minutes=2))

    decision = decide(an_outcome(Move.UNCONFIRMED), STANDING, rules, now=NOON, jitter=0)

    assert decision.state is DeliveryState.UNCONFIRMED
    assert (decision.next_attempt_at is None) == (policy is UnconfirmedPolicy.HOLD)
    assert decision.next_attempt_at in {None, NOON + timedelta(minutes=2)}


def test_only_greylisting_brings_a_mail_back_to_the_same_provider():
    sticky = {move for move in Move if decided(move).sticky}

    assert sticky == {Move.WAIT_SAME}


@pytest.mark.parametrize(
    ("stream", "decides_at"),
    [
        (Stream.SYSTEM, NOON + timedelta(seconds=60)),
        (Stream.CUSTOMER_SERVICE, None),
        (Stream.CRM, None),
        (Stream.CAMPAIGNS, NOON),
    ],
)
def test_a_lost_answer_leaves_the_mail_unconfirmed_until_the_policy_decides(stream, decides_at):
    decision = decided(Move.UNCONFIRMED, replace(STANDING, stream=stream), others=True)

    assert decision.state is DeliveryState.UNCONFIRMED
    assert decision.next_attempt_at == decides_at
    assert not decision.counts_as_retry


def test_the_reason_is_kept_with_every_decision():
    for move in Move:
        assert (decided(move).rule, decided(move).said) == ("some_rule", "It said no.")


MOVING = {Move.NEXT, Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL, Move.AGAIN}


@pytest.mark.parametrize("move", Move)
def test_the_round_goes_on_only_for_what_another_provider_may_take(move):
    outcome = an_outcome(move)

    assert goes_on(outcome, has_next=True, moved_once=False) == (move in MOVING)
    assert not goes_on(outcome, has_next=False, moved_once=False)


def test_a_refusal_for_reputation_moves_a_mail_once():
    outcome = an_outcome(Move.NEXT_THEN_FAIL)

    assert not goes_on(outcome, has_next=True, moved_once=True)


@given(outcome=st.sampled_from(Move).map(an_outcome), moved_once=st.booleans())
def test_what_is_sent_or_may_be_out_never_goes_on(outcome: Outcome, moved_once):
    if outcome.move in {Move.SENT, Move.UNCONFIRMED, Move.FAIL}:
        assert not goes_on(outcome, has_next=True, moved_once=moved_once)


@given(standing=STANDINGS, until_s=st.none() | st.integers(1, 10**6))
def test_a_mail_without_provider_is_held_and_looks_again_within_a_minute(standing, until_s):
    until = None if until_s is None else NOON + timedelta(seconds=until_s)

    decision = held_without_provider("Nobody.", standing, now=NOON, until=until)

    assert decision.state is DeliveryState.HELD
    assert (decision.rule, decision.said) == (NO_PROVIDER, "Nobody.")
    assert decision.next_attempt_at is not None
    assert decision.next_attempt_at <= min(
        NOON + NO_PROVIDER_DELAY, until or standing.expires_at, standing.expires_at
    )
    assert not decision.counts_as_retry


def test_a_mail_that_every_provider_is_known_to_refuse_fails_with_their_words():
    decision = refused_by_all("sender_refused", "550 5.7.1 Not your domain")

    assert decision == Decision(DeliveryState.FAILED, "sender_refused", "550 5.7.1 Not your domain")
