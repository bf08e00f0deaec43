"""Delays grow from a minute to hours, vary a little, and respect what the other side asks."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.retry import CAMPAIGN_SCHEDULE, JITTER, SCHEDULE, SYSTEM_SCHEDULE, next_attempt_at
from tests.factories.moments import NOON

JITTERS = st.floats(-1, 1)


@given(retries=st.integers(0, len(SCHEDULE) - 1), jitter=JITTERS)
def test_a_delay_is_that_of_the_schedule_give_or_take_a_tenth(retries, jitter):
    delay = next_attempt_at(retries, SCHEDULE, now=NOON, jitter=jitter) - NOON

    assert SCHEDULE[retries] * (1 - JITTER) <= delay <= SCHEDULE[retries] * (1 + JITTER)


@pytest.mark.parametrize("schedule", [SYSTEM_SCHEDULE, SCHEDULE, CAMPAIGN_SCHEDULE])
def test_delays_begin_with_minutes_and_never_get_shorter(schedule):
    assert timedelta(minutes=1) <= schedule[0] <= timedelta(minutes=5)
    assert list(schedule) == sorted(schedule)


def test_system_mail_comes_back_sooner_than_other_mail_and_that_sooner_than_campaigns():
    def fourth_try(schedule):
        return sum(schedule[:3], timedelta(0))

    tries = [fourth_try(item) for item in (SYSTEM_SCHEDULE, SCHEDULE, CAMPAIGN_SCHEDULE)]

    assert tries == sorted(set(tries))


@given(retries=st.integers(len(SCHEDULE), 1000))
def test_the_last_delay_repeats(retries):
    assert next_attempt_at(retries, SCHEDULE, now=NOON, jitter=0) == NOON + SCHEDULE[-1]


@given(retries=st.integers(0, 20), jitter=JITTERS, asked_s=st.integers(0, 86400))
def test_it_never_comes_back_sooner_than_it_was_asked_to(retries, jitter, asked_s):
    at = next_attempt_at(retries, SCHEDULE, now=NOON, jitter=jitter, at_least_s=asked_s)

    assert at >= NOON + timedelta(seconds=asked_s)
    assert at >= next_attempt_at(retries, SCHEDULE, now=NOON, jitter=jitter)
