"""A worker is alive while it renews its lease; who does not is taken for dead."""

from panel.storage.queue import leases
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.storage.queue.holding import MINUTE, WORKER, a_held_delivery, a_worker_row, at_once

LATER = NOON + leases.LEASE


def test_a_registered_worker_is_alive_until_its_lease_has_run_out(session):
    a_worker_row(session)

    assert leases.alive(session, now=LATER - MINUTE / 60) == 1
    assert leases.is_alive(session, WORKER, now=LATER - MINUTE / 60)
    assert not leases.is_alive(session, WORKER, now=LATER)
    assert not leases.is_alive(session, "nobody", now=NOON)
    assert leases.dead_workers(session, now=LATER - MINUTE / 60) == []
    assert leases.alive(session, now=LATER) == 0
    assert leases.dead_workers(session, now=LATER) == [WORKER]


def test_a_sign_of_life_extends_the_lease(session):
    a_worker_row(session)

    assert leases.renew(session, WORKER, now=LATER - MINUTE / 60)

    assert leases.dead_workers(session, now=LATER) == []


def test_a_worker_that_slept_past_its_lease_cannot_take_it_up_again(session):
    a_worker_row(session)

    assert not leases.renew(session, WORKER, now=LATER)


def test_a_worker_that_was_struck_off_cannot_renew(session):
    a_worker_row(session)
    leases.leave(session, WORKER)

    assert not leases.renew(session, WORKER, now=NOON)


def test_a_lease_is_long_enough_for_several_signs_of_life():
    assert leases.LEASE.total_seconds() > leases.RENEWAL_S * 4


def test_mail_in_the_hands_of_a_worker_that_nobody_knows_shows_it_up(session):
    a_held_delivery(session)
    a_delivery(session)
    session.commit()

    assert leases.dead_workers(session, now=NOON) == [WORKER]


def test_a_renewal_and_a_look_at_the_dead_never_both_win(session, engine):
    a_worker_row(session)

    def renew(other):
        renewed = leases.renew(other, WORKER, now=LATER)
        other.commit()
        return renewed

    def strike_off(other):
        dead = leases.dead_workers(other, now=LATER)
        for worker_id in dead:
            leases.leave(other, worker_id)
        other.commit()
        return bool(dead)

    renewed, struck_off = at_once(engine, renew, strike_off)

    assert (renewed, struck_off) == (False, True)
