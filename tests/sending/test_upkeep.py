"""What a worker does for the queue: dead workers' mail is taken back, time ends and decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState, Phase, Stream, UnconfirmedPolicy
from panel.sending import upkeep as upkeep_module
from panel.sending import watch as watch_module
from panel.sending.clock import Clock, clock_s
from panel.sending.seat import own_seat
from panel.sending.upkeep import Upkeep, rescue, tidy
from panel.storage.models import Delivery, OwnPolicy, Worker
from panel.storage.queue import leases
from panel.storage.queue.rescue import RESCUED_TOO_OFTEN, Holder
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.storage.queue.holding import (
    ELSEWHERE,
    WORKER,
    a_held_delivery,
    a_worker_row,
    at_once,
    ids,
    row,
    take,
)

ME = "me"
STATES_HALFWAY = {DeliveryState.QUEUED, DeliveryState.EXPIRED}


@pytest.fixture
def clock():
    """By the database it is noon of the tests' day."""
    clock = Clock()
    tell(clock, NOON)
    return clock


def tell(clock, at):
    clock.look(at, from_s=clock_s(), to_s=clock_s())


@pytest.fixture
def upkeep(session, engine, clock):
    """The upkeep of a living worker."""
    a_worker_row(session, ME)
    return Upkeep(engine, worker_id=ME, clock=clock)


@pytest.fixture
def impatient(monkeypatch):
    """Whose beat did not go on between two looks counts as dead."""
    monkeypatch.setattr(watch_module, "PATIENCE_S", 0.0001)


def dead(session, worker_id=WORKER):
    a_worker_row(session, worker_id)
    leases.take_for_dead(session, worker_id, beat=0)
    session.commit()


def is_registered(session, worker_id=WORKER):
    session.rollback()
    session.expire_all()
    found = session.get(Worker, worker_id) is not None
    session.rollback()
    return found


def turns(upkeep, most=20):
    """Turns until there is nothing left to do."""
    for number in range(most):
        if not upkeep.turn():
            return number
    raise AssertionError("It never comes to an end.")


def test_a_dead_workers_mail_is_taken_back_and_the_worker_struck_off(session, upkeep):
    dead(session)
    claimed = a_held_delivery(session)
    connected = a_held_delivery(session, token="token-2", phase=Phase.CONNECTED)
    in_doubt = a_held_delivery(session, token="token-3", phase=Phase.HANDING_OVER)

    turns(upkeep)

    assert row(session, claimed).state is DeliveryState.QUEUED
    assert row(session, connected).state is DeliveryState.QUEUED
    assert row(session, in_doubt).state is DeliveryState.UNCONFIRMED
    assert not is_registered(session)


def test_a_worker_whose_beat_goes_on_is_left_alone(session, upkeep, impatient):
    a_worker_row(session)
    identifier = a_held_delivery(session)

    for _ in range(5):
        assert not upkeep.turn()
        leases.renew(session, WORKER, now=NOON)
        session.commit()

    assert row(session, identifier).state is DeliveryState.SENDING


def test_a_worker_whose_beat_stands_still_is_taken_for_dead(session, upkeep, impatient):
    a_worker_row(session)
    identifier = a_held_delivery(session)

    upkeep.turn()
    turns(upkeep)

    assert row(session, identifier).state is DeliveryState.QUEUED
    assert leases.renew(session, WORKER, now=NOON) is None


def test_a_worker_of_this_machine_whose_process_is_gone_is_dead_at_once(session, upkeep):
    gone = replace(own_seat(), pid=2**22 + 1)
    leases.register(session, worker_id=WORKER, seat=gone, now=NOON)
    session.commit()
    identifier = a_held_delivery(session)

    turns(upkeep)

    assert row(session, identifier).state is DeliveryState.QUEUED
    assert not is_registered(session)


def test_a_worker_of_this_machine_that_runs_is_waited_for(session, upkeep):
    leases.register(session, worker_id=WORKER, seat=own_seat(), now=NOON)
    session.commit()

    turns(upkeep)

    assert is_registered(session)


def test_who_was_taken_for_dead_rescues_nobody(session, upkeep):
    dead(session)
    leases.take_for_dead(session, ME, beat=0)
    session.commit()
    identifier = a_held_delivery(session)

    assert not upkeep.turn()
    assert row(session, identifier).state is DeliveryState.SENDING


def test_mail_in_the_hands_of_a_worker_that_was_struck_off_is_found(session, engine):
    identifier = a_held_delivery(session)

    assert tidy(engine, now=NOON) == 1
    assert row(session, identifier).state is DeliveryState.QUEUED


def test_a_delivery_that_was_taken_back_three_times_is_held_with_its_reason(session, engine):
    identifier = a_held_delivery(session)
    tidy(engine, now=NOON)
    for _ in range(2):
        assert ids(take(session)) == [identifier]
        tidy(engine, now=NOON)

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.HELD, RESCUED_TOO_OFTEN)
    assert found.said == "Taken back 3 times. The worker ended before the mail was handed over."


@pytest.mark.parametrize(
    ("stream", "delay"),
    [
        (Stream.SYSTEM, timedelta(seconds=60)),
        (Stream.CAMPAIGNS, timedelta(0)),
        (Stream.CRM, None),
        (Stream.CUSTOMER_SERVICE, None),
    ],
)
def test_doubt_is_decided_by_the_policy_of_the_stream(session, stream, delay):
    identifier = in_doubt(session, stream)

    assert rescue(session, Holder(WORKER), now=NOON) == 1
    session.commit()

    expected = None if delay is None else NOON + delay
    assert row(session, identifier).next_attempt_at == expected


def test_the_organisations_own_policy_counts(session):
    session.add(
        OwnPolicy(stream=Stream.CRM, unconfirmed=UnconfirmedPolicy.RESEND, unconfirmed_delay_s=90)
    )
    identifier = in_doubt(session, Stream.CRM)

    rescue(session, Holder(WORKER), now=NOON)
    session.commit()

    assert row(session, identifier).next_attempt_at == NOON + timedelta(seconds=90)


def in_doubt(session, stream):
    a_delivery(session, a_message(session, stream=stream), stream=stream)
    session.commit()
    (identifier,) = ids(take(session))
    return hand_over(session, identifier)


def hand_over(session, identifier):
    session.get_one(Delivery, identifier).phase = Phase.HANDING_OVER
    session.commit()
    return identifier


def test_time_ends_and_decides_what_is_due(session, engine):
    late = a_delivery(session, expires_at=NOON).id
    provider = a_provider(session)
    unconfirmed = a_delivery(
        session, state=DeliveryState.UNCONFIRMED, provider_id=provider.id, next_attempt_at=NOON
    ).id
    session.commit()

    assert tidy(engine, now=NOON) == 2

    assert row(session, late).state is DeliveryState.EXPIRED
    assert row(session, unconfirmed).copies == 1


def test_nothing_expires_while_the_clocks_do_not_agree(session, upkeep, clock):
    late = a_delivery(session, expires_at=NOON).id
    session.commit()
    tell(clock, NOON + timedelta(days=365))

    turns(upkeep)
    assert row(session, late).state is DeliveryState.QUEUED

    tell(clock, clock.now())
    turns(upkeep)
    assert row(session, late).state is DeliveryState.EXPIRED


def test_a_rescue_is_not_kept_waiting_by_a_lot_that_is_too_late(session, upkeep):
    """Each turn does a piece of everything."""
    message = a_message(session)
    late = [a_delivery(session, message, expires_at=NOON).id for _ in range(1200)]
    dead(session)
    identifier = a_held_delivery(session)

    assert upkeep.turn()

    assert row(session, identifier).state is DeliveryState.QUEUED
    assert {row(session, item).state for item in late[::100]} == STATES_HALFWAY


def test_what_fails_does_not_keep_the_rest_from_being_done(session, upkeep, monkeypatch):
    def broken(_session, _now):
        raise OSError("disk full")

    monkeypatch.setattr(upkeep_module, "ACTS", (("broken", broken), *upkeep_module.ACTS))
    dead(session)
    identifier = a_held_delivery(session)

    turns(upkeep)

    assert row(session, identifier).state is DeliveryState.QUEUED


def test_several_who_tidy_at_once_rescue_each_delivery_once(session, engine):
    dead(session)
    message = a_message(session)
    for number in range(60):
        a_delivery(session, message, recipient=f"{number}@contoso.test")
    session.commit()
    held = ids(take(session))

    moved = at_once(engine, *[lambda _: tidy(engine, now=NOON)] * 3)

    assert sum(moved) == 60
    assert {row(session, identifier).rescues for identifier in held} == {1}


def test_two_who_watch_take_a_worker_for_dead_once(session, engine):
    a_worker_row(session)

    def strike(other):
        is_struck = leases.take_for_dead(other, WORKER, beat=0)
        other.commit()
        return is_struck

    assert sorted(at_once(engine, strike, strike, strike)) == [False, False, True]


def test_a_process_of_another_machine_is_not_looked_for(session, upkeep):
    nowhere = replace(ELSEWHERE, pid=2**22 + 1)
    leases.register(session, worker_id=WORKER, seat=nowhere, now=NOON)
    session.commit()

    turns(upkeep)

    assert is_registered(session)
