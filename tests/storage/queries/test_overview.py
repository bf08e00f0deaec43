"""The figures of the overview, and that they cost little."""

from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.provider import ServiceType
from panel.storage.queries import overview
from panel.storage.queries.overview import Count, FirstSteps
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import an_application
from tests.factories.providers import a_provider
from tests.kit.plans import full_scans, plan_of

BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


def test_deliveries_that_ended_failed_or_expired_are_counted_by_their_end(session):
    for state in (DeliveryState.FAILED, DeliveryState.EXPIRED):
        a_delivery(session, state=state, ended_at=AFTER)
        a_delivery(session, state=state, ended_at=BEFORE)
    for state in (DeliveryState.SENT, DeliveryState.CANCELLED):
        a_delivery(session, state=state, ended_at=AFTER)
    an_attempt(session, a_delivery(session, state=DeliveryState.DEFERRED), started_at=AFTER)

    assert overview.failed_count(session, NOON) == Count(2)
    assert overview.failed_count(session, BEFORE) == Count(4)
    assert overview.failed_count(session, BEFORE, NOON) == Count(2)


def test_counts_stop_at_their_limit(session, monkeypatch):
    monkeypatch.setattr(overview, "COUNT_LIMIT", 2)
    for _ in range(3):
        a_delivery(session, state=DeliveryState.UNCONFIRMED)
        a_delivery(session, state=DeliveryState.FAILED, ended_at=AFTER)

    assert overview.unconfirmed_count(session) == Count(2, is_capped=True)
    assert overview.waiting_count(session) == Count(2, is_capped=True)
    assert overview.failed_count(session, NOON) == Count(2, is_capped=True)


def test_oldest_waiting_mail_is_the_one_that_came_first(session):
    a_delivery(session, state=DeliveryState.SENT)
    oldest = a_delivery(session, state=DeliveryState.HELD, rule="no_provider")
    a_delivery(session)

    found = overview.oldest_waiting(session)

    assert found is not None
    assert (found.message_id, found.rule) == (oldest.message_id, "no_provider")


def test_nothing_is_oldest_when_nothing_waits(session):
    a_delivery(session, state=DeliveryState.SENT)

    assert overview.oldest_waiting(session) is None


@pytest.mark.parametrize("done", range(6))
def test_first_steps_are_marked_one_by_one(session, done):
    expected = [True] * done + [False] * (5 - done)
    if done > 0:
        first = a_provider(session, verified=done > 1)
        assert first.is_verified == (done > 1)
    if done > 2:
        a_provider(session, service_type=ServiceType.FALLBACK)
    if done > 3:
        an_application(session)
    if done > 4:
        a_delivery(session)

    steps = overview.first_steps(session)

    assert steps == FirstSteps(*expected)
    assert steps.are_done == (done == 5)


def test_deleted_provider_is_no_first_step(session):
    a_provider(session, deleted_at=NOON)

    assert not overview.first_steps(session).has_provider


def test_figures_read_no_table_from_end_to_end(session):
    a_crowd(session, 3000)

    plan = plan_of(
        session,
        lambda: (
            overview.failed_count(session, NOON - timedelta(minutes=10)),
            overview.waiting_count(session),
            overview.unconfirmed_count(session),
            overview.oldest_waiting(session),
        ),
    )

    assert full_scans(plan) == []
    assert "ix_deliveries_waiting" in plan
    assert "ix_deliveries_unconfirmed" in plan
    assert "ix_deliveries_failed" in plan
