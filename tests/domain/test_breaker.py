"""A provider that fails is left alone for a while, tried by one mail, and used again."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.breaker import (
    CLOSED,
    FIRST_COOL_DOWN,
    LONG_COOL_DOWN,
    LONGEST_COOL_DOWN,
    LONGEST_HINT,
    Breaker,
    BreakerState,
    after,
    cool_down,
)
from panel.domain.outcome import Effect, Move
from tests.domain.outcomes import ACCEPTED, an_outcome
from tests.factories.moments import NOON

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
FAULT = an_outcome(effect=Effect.OPEN)
EFFECTS = st.sampled_from(list(Effect))


def broken(effect: Effect = Effect.OPEN, *, times: int = 1) -> Breaker:
    """A breaker after so many faults, an hour apart, the last one at noon."""
    breaker = CLOSED
    for number in range(times):
        at = NOON - HOUR * (times - 1 - number)
        breaker = after(breaker, an_outcome(effect=effect), began_at=at, now=at)
    return breaker


def test_a_fault_opens_it_for_a_minute():
    breaker = broken()

    assert breaker.state is BreakerState.OPEN
    assert not breaker.is_usable(NOON + FIRST_COOL_DOWN - SECOND)
    assert breaker.is_usable(NOON + FIRST_COOL_DOWN)


def test_a_fault_keeps_the_rule_and_the_words_that_it_was_known_by():
    breaker = broken()

    assert (breaker.rule, breaker.said) == ("some_rule", "It said no.")


def test_connections_that_break_together_count_as_one_fault():
    breaker = CLOSED
    for number in range(10):
        broke_at = NOON + SECOND * number
        breaker = after(breaker, FAULT, began_at=NOON - SECOND, now=broke_at)

    assert breaker.failures == 1
    assert breaker.retry_at == NOON + FIRST_COOL_DOWN


def test_a_success_that_began_before_the_fault_does_not_close_it():
    breaker = after(broken(), ACCEPTED, began_at=NOON - SECOND, now=NOON + SECOND)

    assert breaker == broken()


def test_the_success_of_a_probe_closes_it_and_forgets_every_fault():
    breaker = after(broken(times=5), ACCEPTED, began_at=NOON + SECOND, now=NOON + SECOND * 2)

    assert breaker == CLOSED


def test_a_success_of_a_healthy_provider_changes_nothing():
    assert after(CLOSED, ACCEPTED, began_at=NOON, now=NOON) is CLOSED


def test_each_further_fault_doubles_the_pause_up_to_a_quarter_of_an_hour():
    pauses = [cool_down(failures) for failures in range(1, 12)]

    assert pauses[:5] == [timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15)]
    assert all(earlier <= later for earlier, later in pairwise(pauses))
    assert pauses[-1] == LONGEST_COOL_DOWN


def test_it_remembers_since_when_the_provider_has_been_down():
    breaker = after(broken(), FAULT, began_at=NOON + HOUR, now=NOON + HOUR)

    assert breaker.opened_at == NOON


def test_small_faults_open_it_only_when_there_are_three_in_a_row():
    assert broken(Effect.OPEN_AFTER_THREE, times=2).is_usable(NOON)
    assert broken(Effect.OPEN_AFTER_THREE, times=3).state is BreakerState.OPEN


def test_a_success_between_small_faults_begins_the_count_anew():
    breaker = after(
        broken(Effect.OPEN_AFTER_THREE, times=2), ACCEPTED, began_at=NOON, now=NOON + SECOND
    )
    again = after(
        breaker, an_outcome(effect=Effect.OPEN_AFTER_THREE), began_at=NOON + SECOND, now=NOON
    )

    assert again.failures == 1
    assert again.is_usable(NOON)


def test_a_refused_login_disables_it_until_somebody_looks():
    breaker = broken(Effect.DISABLE)

    assert breaker.state is BreakerState.DISABLED
    assert breaker.retry_at is None
    assert not breaker.is_usable(NOON + timedelta(days=365))


def test_a_wrong_certificate_disables_it_only_the_second_time():
    assert broken(Effect.DISABLE_AFTER_TWO).state is BreakerState.OPEN
    assert broken(Effect.DISABLE_AFTER_TWO, times=2).state is BreakerState.DISABLED


def test_two_different_faults_do_not_make_a_wrong_certificate():
    certificate = an_outcome(effect=Effect.DISABLE_AFTER_TWO, rule="certificate_untrusted")

    breaker = after(broken(), certificate, began_at=NOON + HOUR, now=NOON + HOUR)
    again = after(breaker, certificate, began_at=NOON + HOUR * 2, now=NOON + HOUR * 2)

    assert (breaker.state, again.state) == (BreakerState.OPEN, BreakerState.DISABLED)


@pytest.mark.parametrize("outcome", [ACCEPTED, FAULT, an_outcome(effect=Effect.OPEN_LONG)])
def test_a_disabled_one_stays_so_whoever_still_gets_through(outcome):
    """A connection that was logged in before the password changed still works for a while."""
    disabled = broken(Effect.DISABLE)

    assert after(disabled, outcome, began_at=NOON + HOUR, now=NOON + HOUR) is disabled


def test_workers_that_have_not_heard_of_it_yet_do_not_lengthen_the_pause():
    opened = broken()

    assert after(opened, FAULT, began_at=NOON + SECOND, now=NOON + SECOND * 9) is opened


def test_a_longer_wait_is_news_even_from_them():
    quota = an_outcome(effect=Effect.OPEN_UNTIL, retry_after_s=7200)

    breaker = after(broken(), quota, began_at=NOON + SECOND, now=NOON + SECOND * 9)

    assert breaker.retry_at == NOON + SECOND * 9 + HOUR * 2


def test_a_fault_that_began_before_it_came_back_does_not_open_it_again():
    back = after(broken(), ACCEPTED, began_at=NOON + HOUR, now=NOON + HOUR)

    assert after(back, FAULT, began_at=NOON + HOUR - SECOND, now=NOON + HOUR * 2) is back
    assert after(back, FAULT, began_at=NOON + HOUR, now=NOON + HOUR * 2).failures == 1


def test_nobody_else_tries_while_a_probe_mail_is_on_its_way():
    due = NOON + FIRST_COOL_DOWN
    probing = replace(broken(), probe_until=due + SECOND)

    assert not probing.is_usable(due)
    assert probing.is_usable(due + SECOND)


def test_the_failed_probe_is_over():
    probing = replace(broken(), probe_until=NOON + HOUR)

    assert after(probing, FAULT, began_at=NOON + HOUR, now=NOON + HOUR).probe_until is None


@pytest.mark.parametrize(
    "said", ["550 5.4.5 Daily user sending limit exceeded", "452 200 messages per day", "24 hours"]
)
def test_the_allowance_of_a_day_comes_back_with_the_next_one(said):
    quota = an_outcome(effect=Effect.OPEN_UNTIL, detail=said)
    midnight = NOON.replace(hour=0) + timedelta(days=1)

    breaker = after(CLOSED, quota, began_at=NOON, now=NOON)
    still = after(breaker, quota, began_at=midnight, now=midnight)

    assert breaker.retry_at == midnight
    assert still.retry_at == midnight + LONG_COOL_DOWN, "its days begin at another time"


def test_late_in_the_day_it_waits_an_hour_all_the_same():
    quota = an_outcome(effect=Effect.OPEN_UNTIL, detail="daily limit")
    late = NOON.replace(hour=23, minute=59)

    assert after(CLOSED, quota, began_at=late, now=late).retry_at == late + LONG_COOL_DOWN


def test_a_short_hint_that_was_in_vain_is_not_followed_for_ever():
    hint = an_outcome(effect=Effect.OPEN, retry_after_s=1)
    breaker, now = CLOSED, NOON
    for _ in range(10):
        breaker = after(breaker, hint, began_at=now, now=now)
        pause, now = (breaker.retry_at or now) - now, breaker.retry_at or now

    assert pause == LONGEST_COOL_DOWN


@pytest.mark.parametrize("effect", [Effect.OPEN_LONG, Effect.OPEN_UNTIL])
def test_what_does_not_pass_soon_opens_it_for_an_hour(effect):
    assert broken(effect).retry_at == NOON + LONG_COOL_DOWN


@given(hint_s=st.integers(1, 10**7), effect=st.sampled_from([Effect.OPEN, Effect.OPEN_UNTIL]))
def test_it_opens_exactly_as_long_as_the_other_side_asks_but_never_beyond_a_day(hint_s, effect):
    outcome = an_outcome(effect=effect, retry_after_s=hint_s)

    breaker = after(CLOSED, outcome, began_at=NOON, now=NOON)

    assert breaker.retry_at == NOON + min(timedelta(seconds=hint_s), LONGEST_HINT)


@given(effect=st.sampled_from([Effect.NONE, Effect.REFUSE_SENDER]), move=st.sampled_from(Move))
def test_a_recipients_or_a_senders_fault_never_touches_it(effect, move):
    outcome = an_outcome(move, effect)

    assert after(CLOSED, outcome, began_at=NOON, now=NOON) is CLOSED
    opened = broken()
    assert after(opened, outcome, began_at=NOON + SECOND, now=NOON + SECOND) is opened


@given(effects=st.lists(EFFECTS, max_size=30))
def test_whatever_happens_an_open_breaker_says_when_to_try_and_only_then_is_usable(effects):
    breaker, now = CLOSED, NOON
    for effect in effects:
        now += SECOND
        outcome = an_outcome(Move.SENT if effect is Effect.RECOVER else Move.NEXT, effect)
        breaker = after(breaker, outcome, began_at=now, now=now)

    assert (breaker.retry_at is not None) == (breaker.state is BreakerState.OPEN)
    if breaker.retry_at is not None:
        assert breaker.retry_at > now
        assert breaker.is_usable(breaker.retry_at)
    assert breaker.failures >= 0
