"""What a round over the chain has shown decides whether a refusal is the last word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.chain import LASTING_SKIPS, REFUSING_SKIPS, Link, Skip
from panel.domain.decision import Standing, decide
from panel.domain.delivery import POLICIES, DeliveryState, Stream
from panel.domain.outcome import Move
from panel.domain.round import Progress, postponed, refusing
from tests.domain.outcomes import an_outcome
from tests.factories.moments import NOON

USABLE = Link(1, "first", None)
BUSY = Link(2, "second", Skip.BUDGET)
REFUSES = Link(3, "third", Skip.SENDER_REFUSED)
INACTIVE = Link(4, "fourth", Skip.NOT_ACTIVE)


def after_answers(*moves: Move) -> Progress:
    progress = Progress(attempts=0)
    for provider_id, move in enumerate(moves, start=1):
        progress.note(an_outcome(move), provider_id)
    return progress


def state_after(*moves: Move, links: tuple[Link, ...] = (USABLE,)) -> DeliveryState:
    progress = after_answers(*moves)
    assert progress.last is not None
    standing = Standing(Stream.SYSTEM, 0, NOON.replace(year=2027))
    return decide(
        progress.last,
        standing,
        POLICIES[Stream.SYSTEM],
        now=NOON,
        jitter=0,
        others_may_help=progress.may_be_taken_later(links),
    ).state


def test_the_last_answer_and_who_gave_it_are_remembered():
    progress = after_answers(Move.NEXT, Move.WAIT)

    assert progress.last == an_outcome(Move.WAIT)
    assert progress.provider_id == 2


def test_a_round_without_an_answer_does_not_go_on():
    assert not Progress(attempts=0).moves_on(has_next=True)


def test_a_refusal_is_final_when_everybody_was_asked():
    assert state_after(Move.NEXT_OR_FAIL, Move.NEXT_OR_FAIL) is DeliveryState.FAILED


def test_a_refusal_waits_while_a_provider_that_could_not_be_asked_may_take_the_mail():
    assert state_after(Move.NEXT_OR_FAIL, links=(USABLE, BUSY)) is DeliveryState.DEFERRED


def test_a_refusal_waits_when_another_provider_was_only_out_of_order():
    assert state_after(Move.NEXT, Move.NEXT_OR_FAIL) is DeliveryState.DEFERRED


@pytest.mark.parametrize("link", [REFUSES, INACTIVE])
def test_a_provider_that_would_never_take_it_keeps_nobody_waiting(link):
    assert state_after(Move.NEXT_OR_FAIL, links=(USABLE, link)) is DeliveryState.FAILED


def test_a_refusal_for_reputation_moves_once_and_the_second_one_is_final():
    progress = after_answers(Move.NEXT_THEN_FAIL)
    assert progress.moves_on(has_next=True)

    progress.note(an_outcome(Move.NEXT_THEN_FAIL), 2)

    assert not progress.moves_on(has_next=True)
    assert state_after(Move.NEXT_THEN_FAIL, Move.NEXT_THEN_FAIL, links=(BUSY,)) is (
        DeliveryState.FAILED
    )


def test_a_fault_of_the_one_more_provider_does_not_fail_the_mail():
    assert state_after(Move.NEXT_THEN_FAIL, Move.NEXT) is DeliveryState.DEFERRED


def test_a_mail_that_is_offered_again_in_vain_moves_to_the_next_provider():
    assert after_answers(Move.AGAIN).moves_on(has_next=True)
    assert state_after(Move.AGAIN) is DeliveryState.DEFERRED


@given(st.sampled_from(Skip))
def test_every_reason_to_pass_a_provider_over_passes_or_refuses_or_lasts(skip):
    link = Link(1, "first", skip)

    kinds = [link in postponed([link]), link in refusing([link]), skip in LASTING_SKIPS]

    assert kinds.count(True) == 1
    assert (skip in REFUSING_SKIPS) == (link in refusing([link]))


def test_a_provider_that_may_be_tried_is_neither_postponed_nor_refusing():
    assert postponed([USABLE]) == refusing([USABLE]) == ()
