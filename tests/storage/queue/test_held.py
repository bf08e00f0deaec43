"""Held mail becomes due when what it waits for may have come, a bearable lot at once."""

from typing import Any

import pytest

from panel.domain.delivery import DeliveryState
from panel.storage.queue import held
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.kit.plans import full_scans, plan_of, sorts
from tests.storage.queue.holding import MINUTE, at_once, row

HELD: dict[str, Any] = {
    "state": DeliveryState.HELD,
    "rule": "no_route",
    "next_attempt_at": NOON + MINUTE,
}


def release(session) -> int:
    released = held.release_held(session, rule="no_route", now=NOON)
    session.commit()
    return released


@pytest.mark.parametrize("at", [NOON + MINUTE, None])
def test_mail_that_waits_for_a_provider_is_released(session, at):
    identifier = a_delivery(session, **(HELD | {"next_attempt_at": at})).id

    assert release(session) == 1
    assert row(session, identifier).next_attempt_at == NOON


@pytest.mark.parametrize(
    "overrides", [{"rule": "rescued_too_often"}, {"state": DeliveryState.DEFERRED}]
)
def test_mail_that_waits_for_something_else_is_left(session, overrides):
    identifier = a_delivery(session, **(HELD | overrides)).id

    assert release(session) == 0
    assert row(session, identifier).next_attempt_at == NOON + MINUTE


def test_mail_is_released_in_portions(session, monkeypatch):
    monkeypatch.setattr(held, "BATCH", 2)
    monkeypatch.setattr(held, "MOST_BATCHES", 2)
    for _ in range(5):
        a_delivery(session, **HELD)

    assert [release(session), release(session), release(session)] == [4, 1, 0]


def test_several_may_release_at_once(session, engine):
    made = [a_delivery(session, **HELD).id for _ in range(20)]
    session.commit()

    at_once(engine, release, release, release)

    assert {row(session, identifier).next_attempt_at for identifier in made} == {NOON}


def test_finding_it_costs_nothing_for_mail_that_is_held_for_something_else_or_not(session):
    a_crowd(session, 3000)
    plan = plan_of(session, lambda: held.release_held(session, rule="no_route", now=NOON))

    assert "ix_deliveries_held" in plan
    assert (full_scans(plan), sorts(plan)) == ([], [])
