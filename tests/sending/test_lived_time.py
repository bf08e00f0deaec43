"""A worker that believes a clock that is years ahead ends no mail that was there before."""

from datetime import timedelta

from panel.domain.delivery import DeliveryState
from panel.sending import clock as clock_module
from panel.sending.clock import Clock
from panel.sending.upkeep import Upkeep
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.sending.test_upkeep import ME, clock, tell, turns
from tests.storage.queue.holding import a_worker_row, ids, row, take

__all__ = ["clock"]

YEAR = timedelta(days=366)


def test_a_worker_that_starts_by_a_clock_years_ahead_expires_nothing(session, engine):
    a_worker_row(session, ME)
    identifier = a_delivery(session).id
    session.commit()
    clock = Clock()
    tell(clock, NOON + 10 * YEAR)

    turns(Upkeep(engine, worker_id=ME, clock=clock))

    assert row(session, identifier).state is DeliveryState.QUEUED


def test_mail_expires_at_its_time_also_where_the_clock_was_believed_too_early(
    session, engine, clock, monkeypatch
):
    """What came in afterwards is not concerned."""
    monkeypatch.setattr(clock_module, "STEADY_S", 0.0)
    a_worker_row(session, ME)
    before = a_delivery(session).id
    session.commit()
    upkeep = Upkeep(engine, worker_id=ME, clock=clock)
    turns(upkeep)
    ahead = NOON + 10 * YEAR
    tell(clock, ahead), tell(clock, ahead)
    assert clock.is_steady

    turns(upkeep)
    after = a_delivery(session, created_at=ahead, expires_at=ahead).id
    session.commit()
    turns(upkeep)

    assert row(session, before).state is DeliveryState.QUEUED
    assert row(session, before).expires_at > ahead
    assert row(session, after).state is DeliveryState.EXPIRED


def test_mail_that_came_in_by_a_clock_years_behind_leaves_once_it_is_right(
    session, engine, monkeypatch
):
    monkeypatch.setattr(clock_module, "STEADY_S", 0.0)
    a_worker_row(session, ME)
    behind = NOON - 10 * YEAR
    clock = Clock()
    tell(clock, behind)
    upkeep = Upkeep(engine, worker_id=ME, clock=clock)
    turns(upkeep)
    expires_at = behind + timedelta(days=5)
    waiting = a_delivery(session, next_attempt_at=behind, expires_at=expires_at).id
    session.commit()

    tell(clock, NOON), tell(clock, NOON)
    turns(upkeep)

    assert ids(take(session, now=NOON + timedelta(minutes=1))) == [waiting]
