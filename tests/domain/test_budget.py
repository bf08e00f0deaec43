"""An allowance is counted in windows that begin at round times; the fullest one decides."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from panel.domain.budget import (
    WINDOWS_S,
    Usage,
    free_again_at,
    left,
    limited_windows,
    shares,
    window_start,
)
from panel.domain.provider import Limits
from tests.factories.moments import NOON

MOMENTS = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))


def used(window_s: int, count: int, at: datetime = NOON) -> Usage:
    return Usage(window_s, window_start(window_s, at), count)


@given(now=MOMENTS, window_s=st.sampled_from(WINDOWS_S))
def test_every_moment_lies_in_the_window_that_begins_before_it(now, window_s):
    start = window_start(window_s, now)

    assert start <= now < start + timedelta(seconds=window_s)
    assert start.timestamp() % window_s == 0


def test_a_day_begins_at_midnight_utc():
    assert window_start(86400, NOON) == NOON.replace(hour=0)


def test_shares_tell_what_is_used_of_each_limit_in_the_present_window():
    limits = Limits(per_minute=10, per_day=100)
    usages = (used(60, 10), used(86400, 40, NOON - timedelta(days=1)))

    minute, day = shares(limits, usages, now=NOON + timedelta(seconds=59))

    assert (minute.used, minute.limit, minute.is_used_up) == (10, 10, True)
    assert minute.ends_at == NOON + timedelta(minutes=1)
    assert (day.used, day.limit, day.is_used_up) == (0, 100, False)


def test_only_limits_that_are_set_are_counted():
    assert limited_windows(Limits()) == ()
    assert limited_windows(Limits(per_second=5, per_day=100)) == ((1, 5), (86400, 100))


def test_what_other_systems_use_goes_off_the_limit():
    limits = Limits(per_hour=100, per_day=1000, elsewhere_per_hour=30)

    assert limited_windows(limits) == ((3600, 70), (86400, 1000))
    assert left(limits, (used(3600, 60),), now=NOON) == 10


def test_other_systems_may_leave_nothing():
    limits = Limits(per_minute=10, elsewhere_per_minute=15)

    assert limited_windows(limits) == ((60, 0),)
    assert free_again_at(limits, (), now=NOON) == NOON + timedelta(minutes=1)


def test_nothing_is_full_without_a_limit():
    assert free_again_at(Limits(), (used(60, 10**6),), now=NOON) is None


def test_a_limit_that_is_not_reached_leaves_room():
    assert free_again_at(Limits(per_minute=10), (used(60, 9),), now=NOON) is None


def test_a_reached_limit_is_free_again_with_the_next_window():
    assert free_again_at(Limits(per_minute=10), (used(60, 10),), now=NOON) == NOON + timedelta(
        minutes=1
    )


def test_the_longest_full_window_decides():
    usages = (used(1, 5), used(3600, 100))

    at = free_again_at(Limits(per_second=5, per_hour=100), usages, now=NOON)

    assert at == NOON + timedelta(hours=1)


def test_the_use_of_a_former_window_does_not_count():
    usages = (used(60, 10, NOON - timedelta(minutes=1)),)

    assert free_again_at(Limits(per_minute=10), usages, now=NOON) is None


def test_the_tightest_window_tells_what_is_left():
    limits = Limits(per_second=5, per_hour=100)

    assert left(limits, (used(1, 1), used(3600, 98)), now=NOON) == 2
    assert left(limits, (used(1, 1, NOON - timedelta(seconds=1)),), now=NOON) == 5
    assert left(limits, (used(1, 9),), now=NOON) == 0
    assert left(Limits(), (), now=NOON) is None
