"""Delays grow from a minute to hours, vary a little, and respect what the other side asks."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from panel.domain.retry import JITTER, SCHEDULE, next_attempt_at
from tests.factories.moments import NOON

JITTERS = st.floats(-1, 1)


@given(retries=st.integers(0, len(SCHEDULE) - 1), jitter=JITTERS)
def test_a_delay_is_that_of_the_schedule_give_or_take_a_tenth(retries, jitter):
    delay = next_attempt_at(retries, now=NOON, jitter=jitter) - NOON

    assert SCHEDULE[retries] * (1 - JITTER) <= delay <= SCHEDULE[retries] * (1 + JITTER)


def test_the_first_delay_is_a_minute_and_they_never_get_shorter():
    assert SCHEDULE[0] == timedelta(minutes=1)
    assert list(SCHEDULE) == sorted(SCHEDULE)


@given(retries=st.integers(len(SCHEDULE), 1000))
def test_the_last_delay_repeats(retries):
    assert next_attempt_at(retries, now=NOON, jitter=0) == NOON + SCHEDULE[-1]


@given(retries=st.integers(0, 20), jitter=JITTERS, asked_s=st.integers(0, 86400))
def test_it_never_comes_back_sooner_than_it_was_asked_to(retries, jitter, asked_s):
    at = next_attempt_at(retries, now=NOON, jitter=jitter, at_least_s=asked_s)

    assert at >= NOON + timedelta(seconds=asked_s)
    assert at >= next_attempt_at(retries, now=NOON, jitter=jitter)
