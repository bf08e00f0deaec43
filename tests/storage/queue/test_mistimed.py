"""What a clock that was ahead has written does not keep mail or providers waiting."""

from datetime import timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState
from panel.storage.models import ProviderHealth, RefusedSender
from panel.storage.queue.mistimed import (
    LONGEST_PROBE,
    LONGEST_RETEST,
    correct_health,
    make_due,
    newest_behind,
)
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.kit.plans import full_scans, plan_of
from tests.storage.queue.holding import MINUTE, row

HOUR = timedelta(hours=1)
YEAR = timedelta(days=366)
AHEAD = NOON + 5 * HOUR


def corrected(session, **fields):
    """What is known of a provider, once it is corrected at noon."""
    provider = a_provider(session)
    session.add(ProviderHealth(provider_id=provider.id, **({"state": BreakerState.OPEN} | fields)))
    session.flush()
    correct_health(session, now=NOON)
    session.commit()
    return session.get_one(ProviderHealth, provider.id)


def test_fresh_mail_from_a_clock_that_is_ahead_is_due_now(session):
    identifier = a_delivery(session, created_at=AHEAD, next_attempt_at=AHEAD).id

    assert make_due(session, now=NOON) == 1
    session.commit()

    assert row(session, identifier).next_attempt_at == NOON
    assert make_due(session, now=NOON) == 0


@pytest.mark.parametrize(
    "values",
    [
        {"created_at": AHEAD, "next_attempt_at": AHEAD + HOUR},
        {"created_at": AHEAD, "next_attempt_at": AHEAD, "attempts": 1},
        {"created_at": AHEAD, "next_attempt_at": None, "state": DeliveryState.HELD},
        {"created_at": AHEAD, "next_attempt_at": AHEAD, "state": DeliveryState.UNCONFIRMED},
        {"created_at": NOON, "next_attempt_at": AHEAD},
        {"created_at": NOON + MINUTE / 60, "next_attempt_at": NOON + MINUTE / 60},
    ],
)
def test_mail_that_has_to_wait_waits(session, values):
    identifier = a_delivery(session, **values).id

    assert make_due(session, now=NOON) == 0
    session.commit()

    assert row(session, identifier).next_attempt_at == values["next_attempt_at"]


def test_a_fault_in_the_future_is_one_of_now_and_keeps_its_cool_down(session):
    found = corrected(session, failed_at=AHEAD, opened_at=AHEAD, retry_at=AHEAD + 8 * MINUTE)

    assert (found.failed_at, found.opened_at) == (NOON, NOON)
    assert found.retry_at == NOON + 8 * MINUTE


def test_a_test_in_the_future_is_one_of_now_and_the_next_comes_in_about_a_day(session):
    found = corrected(session, retested_at=AHEAD, retest_at=AHEAD + 25 * HOUR)

    assert (found.retested_at, found.retest_at) == (NOON, NOON + LONGEST_RETEST)


def test_a_recovery_in_the_future_is_one_of_now(session):
    found = corrected(session, state=BreakerState.CLOSED, recovered_at=AHEAD)

    assert found.recovered_at == NOON


def test_a_probe_does_not_last_for_ever(session):
    found = corrected(session, failed_at=NOON, retry_at=NOON, probe_until=AHEAD)

    assert found.probe_until == NOON + LONGEST_PROBE
    assert found.retry_at == NOON


def test_times_that_may_be_right_stay(session):
    tomorrow = NOON + 24 * HOUR
    found = corrected(
        session, failed_at=NOON - HOUR, opened_at=NOON - HOUR, retry_at=tomorrow, probe_until=None
    )

    assert (found.failed_at, found.retry_at) == (NOON - HOUR, tomorrow)
    assert correct_health(session, now=NOON) == 0


def test_a_refused_sender_is_remembered_for_its_longest_time(session):
    provider = a_provider(session)
    session.add(RefusedSender(provider_id=provider.id, sender="a@house.test", until=AHEAD))
    session.flush()

    assert correct_health(session, now=NOON) == 1
    session.expire_all()

    assert session.get_one(RefusedSender, (provider.id, "a@house.test")).until == NOON + HOUR


def test_mail_of_a_clock_years_behind_is_known_by_what_was_there_before(session):
    behind = NOON - 5 * YEAR

    def came_in(at, **values):
        return a_delivery(session, created_at=at, expires_at=at + 5 * HOUR, **values).id

    before = came_in(behind)
    assert newest_behind(session, after_id=0, came_after=NOON) == behind
    assert newest_behind(session, after_id=before, came_after=NOON) is None

    came_in(behind + HOUR), came_in(NOON - 2 * YEAR)
    came_in(behind + 2 * HOUR, state=DeliveryState.SENT)

    assert newest_behind(session, after_id=before, came_after=NOON) == behind + HOUR
    assert newest_behind(session, after_id=before, came_after=behind + YEAR) is None


def test_mail_of_a_clock_years_behind_is_looked_up_by_its_end(session):
    a_crowd(session, 300)
    plan = plan_of(session, lambda: newest_behind(session, after_id=5, came_after=NOON))

    assert "ix_deliveries_expiring" in plan
    assert full_scans(plan) == []
