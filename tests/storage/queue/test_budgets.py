"""No number of workers takes more from an allowance than there is."""

from datetime import timedelta

import pytest

from panel.domain.provider import Limits
from panel.storage.models import ProviderUsage
from panel.storage.queue.budgets import give_back, take_budget, used_budgets
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.storage.queue.holding import MINUTE, at_once

PER_MINUTE = Limits(per_minute=10)


@pytest.fixture
def provider(session):
    """The id of a provider."""
    identifier = a_provider(session).id
    session.commit()
    return identifier


def take(session, provider, recipients=1, limits=PER_MINUTE, now=NOON):
    free_at = take_budget(session, provider, limits, recipients, now=now)
    session.commit()
    return free_at


def test_an_allowance_is_taken_until_it_is_used_up(session, provider):
    assert [take(session, provider, 4) for _ in range(3)] == [None, None, NOON + MINUTE]
    assert used_budgets(session)[provider][0].used == 8


def test_what_does_not_fit_takes_nothing_and_leaves_room_for_less(session, provider):
    take(session, provider, 8)

    assert take(session, provider, 3) == NOON + MINUTE
    assert take(session, provider, 2) is None


def test_the_next_window_begins_anew(session, provider):
    take(session, provider, 10)

    assert take(session, provider, now=NOON + MINUTE) is None
    assert used_budgets(session)[provider][0].used == 1


def test_a_mail_larger_than_the_whole_window_goes_when_the_window_is_untouched(session, provider):
    assert take(session, provider, 50) is None
    assert take(session, provider, 1) == NOON + MINUTE
    assert take(session, provider, 50, now=NOON + MINUTE) is None


def test_what_other_systems_use_is_not_taken(session, provider):
    shared = Limits(per_minute=10, elsewhere_per_minute=4)

    assert [take(session, provider, 3, shared) for _ in range(3)] == [None, None, NOON + MINUTE]


def test_nothing_is_taken_of_an_allowance_that_other_systems_use_up(session, provider):
    gone = Limits(per_minute=10, elsewhere_per_minute=10)

    assert take(session, provider, 1, gone) == NOON + MINUTE


def test_every_window_must_have_room_and_none_is_charged_otherwise(session, provider):
    limits = Limits(per_second=5, per_day=6)
    take(session, provider, 5, limits)
    later = NOON + timedelta(seconds=1)

    assert take(session, provider, 2, limits, later) == NOON.replace(hour=0) + timedelta(days=1)
    assert take(session, provider, 1, limits, later) is None

    used = {usage.window_s: usage.used for usage in used_budgets(session)[provider]}
    assert used == {1: 1, 86400: 6}


def test_without_limits_nothing_is_counted(session, provider):
    assert take(session, provider, 10**6, Limits()) is None
    assert session.query(ProviderUsage).count() == 0


def test_each_provider_has_an_allowance_of_its_own(session, provider):
    other = a_provider(session).id
    take(session, provider, 10)

    assert take(session, other, 10) is None


def test_workers_together_never_exceed_an_allowance(session, engine, provider):
    limits = Limits(per_second=10**6, per_minute=37, per_hour=10**6)

    def greedy(other):
        return sum(take(other, provider, 2, limits) is None for _ in range(15))

    taken = sum(at_once(engine, *[greedy] * 4)) * 2

    assert taken == 36
    used = {usage.window_s: usage.used for usage in used_budgets(session)[provider]}
    assert used == {1: 36, 60: 36, 3600: 36}


def test_what_was_not_used_is_given_back(session, provider):
    take(session, provider, 10)

    give_back(session, provider, 4, at=NOON)

    assert take(session, provider, 5) == NOON + MINUTE
    assert take(session, provider, 4) is None


def test_what_a_former_window_had_left_is_gone(session, provider):
    limits = Limits(per_minute=10, per_hour=20)
    take(session, provider, 10, limits)
    take(session, provider, 5, limits, NOON + MINUTE)

    give_back(session, provider, 3, at=NOON)

    used = {usage.window_s: usage.used for usage in used_budgets(session)[provider]}
    assert used == {60: 5, 3600: 12}


def test_no_more_is_given_back_than_was_taken(session, provider):
    take(session, provider, 2)

    give_back(session, provider, 5, at=NOON)

    assert used_budgets(session)[provider][0].used == 0


def test_it_is_given_back_to_one_provider(session, provider):
    other = a_provider(session).id
    take(session, provider, 2)
    take(session, other, 2)

    give_back(session, provider, 2, at=NOON)

    assert used_budgets(session)[other][0].used == 2
