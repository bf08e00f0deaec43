"""A wait that is told is long enough, and no longer than it has to be."""

from hypothesis import given
from hypothesis import strategies as st

from panel.domain.quota import HOURS, Quota

LIMIT = st.none() | st.integers(1, 50)
USED = st.lists(st.integers(0, 20), min_size=HOURS, max_size=HOURS)


@given(LIMIT, LIMIT, USED, st.integers(1, 50))
def test_the_wait_is_the_shortest_after_which_it_fits(hourly, daily, used, more):
    quota = Quota(hourly, daily)
    more = min(more, quota.least or more)

    wait = quota.hours_to_wait(used, more)

    assert fits(quota, used, more, wait)
    assert not any(fits(quota, used, more, shorter) for shorter in range(wait))


def fits(quota, used, more, wait):
    """Tried out: so many hours without mail, then the mail."""
    hours = [*used, *[0] * wait][-HOURS:]
    hours[-1] += more
    is_hour_kept = quota.hourly is None or hours[-1] <= quota.hourly
    return is_hour_kept and (quota.daily is None or sum(hours) <= quota.daily)


def test_no_quota_limits_nothing():
    assert not Quota().is_set
    assert Quota().least is None
    assert Quota().hours_to_wait([10**6] * HOURS, 10**6) == 0
