"""A worker is alive while its beat goes on; who takes it for dead must have seen the last one."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from panel.storage.models import Worker
from panel.storage.queue import leases
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.storage.queue.holding import ELSEWHERE, WORKER, a_held_delivery, a_worker_row, at_once

HOUR = timedelta(hours=1)


def beat(session) -> int:
    return session.scalars(select(Worker.beat)).one()


def test_a_registered_worker_is_alive_and_shows_its_seat(session):
    a_worker_row(session)

    assert leases.is_alive(session, WORKER)
    assert not leases.is_alive(session, "nobody")
    (sign,) = leases.signs(session)
    assert (sign.worker_id, sign.beat, sign.is_dead) == (WORKER, 0, False)
    assert sign.seat == ELSEWHERE
    assert leases.dead_workers(session) == []


def test_each_sign_of_life_is_another_beat(session):
    a_worker_row(session)

    for _ in range(3):
        assert leases.renew(session, WORKER, now=NOON)

    assert beat(session) == 3


@pytest.mark.parametrize("now", [NOON - 1000 * HOUR, NOON + 1000 * HOUR])
def test_no_clock_ends_a_lease(session, now):
    a_worker_row(session)

    assert leases.renew(session, WORKER, now=now)
    assert leases.is_alive(session, WORKER)
    assert leases.dead_workers(session) == []


def test_who_saw_the_last_beat_may_take_the_worker_for_dead(session):
    a_worker_row(session)

    assert leases.take_for_dead(session, WORKER, beat=beat(session))

    assert not leases.is_alive(session, WORKER)
    assert leases.renew(session, WORKER, now=NOON) is None
    assert leases.dead_workers(session) == [WORKER]
    assert not leases.take_for_dead(session, WORKER, beat=beat(session)), "once is enough"


def test_who_missed_a_beat_may_not(session):
    a_worker_row(session)
    seen = beat(session)
    leases.renew(session, WORKER, now=NOON)

    assert not leases.take_for_dead(session, WORKER, beat=seen)
    assert leases.is_alive(session, WORKER)


def test_a_worker_that_was_struck_off_cannot_renew(session):
    a_worker_row(session)
    leases.leave(session, WORKER)

    assert leases.renew(session, WORKER, now=NOON) is None


def test_a_lease_is_long_enough_for_several_signs_of_life():
    assert leases.LEASE.total_seconds() > leases.RENEWAL_S * 4


def test_mail_in_the_hands_of_a_worker_that_nobody_knows_shows_it_up(session):
    a_held_delivery(session)
    a_delivery(session)
    session.commit()

    assert leases.dead_workers(session) == [WORKER]


def test_a_renewal_and_a_takeover_never_both_win(session, engine):
    a_worker_row(session)

    def renew(other):
        at = leases.renew(other, WORKER, now=NOON)
        other.commit()
        return at is not None

    def take_for_dead(other):
        is_taken = leases.take_for_dead(other, WORKER, beat=0)
        other.commit()
        return is_taken

    renewed, taken = at_once(engine, renew, take_for_dead)

    assert renewed != taken


def test_people_see_as_alive_who_gave_a_sign_lately(session):
    now = datetime.now(UTC)
    a_worker_row(session, now=now)

    assert leases.alive(session, now=now) == 1
    session.scalars(select(Worker)).one().seen_at = now - leases.LEASE
    session.flush()
    assert leases.alive(session, now=now) == 0


def test_people_see_a_worker_that_was_taken_for_dead_no_more(session):
    now = datetime.now(UTC)
    a_worker_row(session, now=now)
    leases.take_for_dead(session, WORKER, beat=0)

    assert leases.alive(session, now=now) == 0


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_postgresql_tells_the_time_whatever_the_callers_clock_says(session):
    a_worker_row(session, now=NOON - 1000 * HOUR)

    told = leases.renew(session, WORKER, now=NOON)

    assert told is not None
    assert abs(told - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_on_sqlite_the_callers_clock_is_the_databases(session):
    a_worker_row(session)

    assert leases.renew(session, WORKER, now=NOON + HOUR) == NOON + HOUR
