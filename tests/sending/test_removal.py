"""One worker removes what was kept long enough, with pauses, and never by a clock that is wrong."""

import threading
from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.retention import SETTLED
from panel.sending import clock as clock_module
from panel.sending import removal as removal_module
from panel.sending.clock import Clock
from panel.sending.removal import Removal
from panel.sending.upkeep import Upkeep
from panel.storage.models import Content, Delivery, RunningClock
from panel.storage.queue import leases
from tests.factories.ended import an_ended_mail, days_ago, has_body, keep
from tests.factories.moments import NOON
from tests.sending.test_upkeep import ME, clock, tell, turns
from tests.storage.queue.holding import a_worker_row, at_once

__all__ = ["clock"]

YEAR = timedelta(days=366)
NO_GAP = {"lived_us": 0, "gap_us": 0, "gap_until_id": 0, "gap_lived_us": 0}


@pytest.fixture
def stopping():
    return threading.Event()


@pytest.fixture
def removal(session, engine, clock, stopping, monkeypatch):
    """The removal of a living worker, which takes no pauses."""
    monkeypatch.setattr(removal_module, "REST", 0.0)
    monkeypatch.setattr(removal_module, "EVERY_S", 0.0)
    session.add(RunningClock(id=1, seen_at=NOON, **NO_GAP))
    a_worker_row(session, ME)
    return Removal(engine, worker_id=ME, clock=clock, stopping=stopping)


def test_nothing_goes_until_somebody_has_chosen(session, removal):
    identifier = an_ended_mail(session, days_ago(5000))
    session.commit()

    assert removal.run() == 0
    assert has_body(session, identifier)


def test_contents_and_mails_of_each_kind_go_when_their_time_has_come(session, removal):
    keep(session, Stream.CRM, bodies_days=30, mails_days=90)
    keep(session, Stream.SYSTEM, bodies_days=0, mails_days=None)
    made = {
        (stream, days): an_ended_mail(session, days_ago(days), stream=stream)
        for stream in (Stream.CRM, Stream.SYSTEM, Stream.CAMPAIGNS)
        for days in (0, 29.9, 30, 89.9, 90, 4000)
    }
    just_now = an_ended_mail(session, NOON - SETTLED / 2, stream=Stream.SYSTEM)
    session.commit()

    assert removal.run() == 5 + 2 + 6 - 1

    left = {name: has_body(session, one) for name, one in made.items()}
    assert [left[Stream.CRM, days] for days in (0, 29.9, 30, 89.9)] == [True, True, False, False]
    assert [left[Stream.CRM, days] for days in (90, 4000)] == [None, None]
    assert {left[Stream.SYSTEM, days] for days in (0, 30, 4000)} == {False}
    assert {left[Stream.CAMPAIGNS, days] for days in (0, 30, 4000)} == {True}
    assert has_body(session, just_now)
    assert removal.run() == 0


def test_what_ends_later_is_found_by_a_later_look(session, removal):
    keep(session, bodies_days=0, mails_days=None)
    an_ended_mail(session, days_ago(10))
    waiting = an_ended_mail(session, days_ago(9), None)
    session.commit()
    assert removal.run() == 1

    open_one = session.query(Delivery).filter(Delivery.ended_at.is_(None)).one()
    open_one.state, open_one.ended_at = DeliveryState.SENT, days_ago(1)
    session.commit()

    assert removal.run() == 1
    assert has_body(session, waiting) is False


def test_contents_that_were_passed_over_are_found_when_all_is_looked_through_anew(
    session, removal, monkeypatch
):
    monkeypatch.setattr(removal_module, "LOOKED_AT", 1)
    keep(session, bodies_days=0, mails_days=None)
    an_ended_mail(session, days_ago(10))
    session.commit()
    assert removal.run() == 1
    by_a_clock_behind = an_ended_mail(session, days_ago(1000))
    session.commit()

    assert removal.run() == 0
    removal._anew_at_s = 0.0
    assert removal.run() == 1
    assert has_body(session, by_a_clock_behind) is False


def test_it_ends_after_the_present_transaction_when_the_worker_does(
    session, engine, removal, stopping, monkeypatch
):
    portion = removal._portion
    portion.size = 1
    monkeypatch.setattr(portion, "fit", lambda _took: stopping.set())
    keep(session, mails_days=30, bodies_days=30)
    made = [an_ended_mail(session, days_ago(100)) for _ in range(5)]
    session.commit()

    assert removal.run() == 1

    assert min(str(has_body(session, one)) for one in made) == "False"
    later = Removal(engine, worker_id=ME, clock=removal._clock, stopping=threading.Event())
    later.run()
    assert {has_body(session, one) for one in made} == {None}


def test_the_first_living_worker_does_it(session, removal):
    keep(session, mails_days=30, bodies_days=30)
    identifier = an_ended_mail(session, days_ago(100))
    a_worker_row(session, "a-before-me")

    assert removal.turn()
    assert has_body(session, identifier)

    leases.take_for_dead(session, "a-before-me", beat=0)
    session.commit()
    assert removal.turn()
    assert has_body(session, identifier) is None


def test_two_who_remove_at_once_harm_nothing(session, engine, removal, clock):
    keep(session, mails_days=30, bodies_days=10)
    made = [an_ended_mail(session, days_ago(100 - number % 50)) for number in range(80)]
    kept = an_ended_mail(session, days_ago(1))
    session.commit()

    def run(_own):
        return Removal(engine, worker_id=ME, clock=clock, stopping=threading.Event()).run()

    at_once(engine, run, run)
    run(None)

    assert {has_body(session, one) for one in made} == {None}
    assert has_body(session, kept)


@pytest.mark.parametrize("ahead", [YEAR, 10 * YEAR])
def test_a_clock_that_is_set_ahead_removes_nothing(session, engine, removal, clock, ahead):
    """Neither while it is doubted, nor when it is believed after a minute."""
    keep(session, mails_days=30, bodies_days=30)
    identifier = an_ended_mail(session, days_ago(29))
    session.commit()
    assert removal.run() == 0

    tell(clock, NOON + ahead)
    assert not clock.is_steady
    removal.turn()
    assert has_body(session, identifier)

    clock._doubted_from_s -= clock_module.STEADY_S
    tell(clock, NOON + ahead)
    assert clock.is_steady
    turns(Upkeep(engine, worker_id=ME, clock=clock))
    assert removal.run() == 0
    assert has_body(session, identifier)


def test_a_worker_that_starts_by_a_clock_years_ahead_removes_nothing(session, engine, removal):
    keep(session, mails_days=30, bodies_days=30)
    identifier = an_ended_mail(session, days_ago(29))
    session.commit()
    removal.run()
    ahead = Clock()
    tell(ahead, NOON + 10 * YEAR)

    wrong = Removal(engine, worker_id=ME, clock=ahead, stopping=threading.Event())

    assert wrong.run() == 0
    assert has_body(session, identifier)


def test_a_clock_that_is_set_right_again_lets_removal_go_on(session, engine, removal):
    keep(session, mails_days=30, bodies_days=30)
    identifier = an_ended_mail(session, days_ago(29))
    session.commit()
    removal.run()
    for moment in (NOON + 10 * YEAR, NOON + timedelta(minutes=1)):
        clock = Clock()
        tell(clock, moment)
        Removal(engine, worker_id=ME, clock=clock, stopping=threading.Event()).run()
    assert has_body(session, identifier)

    day = session.get_one(RunningClock, 1)
    session.refresh(day)
    assert day.extra_us == 0


def test_contents_that_no_mail_refers_to_go_whatever_is_kept(session, removal, monkeypatch):
    monkeypatch.setattr(removal_module, "CONTENTS_LOOKED_AT", 3)
    monkeypatch.setattr(removal_module, "LEAST", 2)
    used = an_ended_mail(session, days_ago(5000))
    for number in range(10):
        digest = bytes([number]) * 32
        session.add(Content(digest=digest, body=b"Left by a deletion.", created_at=NOON))
    session.commit()

    assert removal.run() == 0

    assert has_body(session, used)
    assert session.query(Content).count() == 1
