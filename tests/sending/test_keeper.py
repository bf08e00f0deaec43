"""The caretakers: signs of life go on whatever happens, and the dead workers' mail is rescued."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from panel.domain.delivery import DeliveryState, Phase, Stream
from panel.sending import keeper as keeper_module
from panel.sending.desk import Lease
from panel.sending.keeper import Keeper, rescue, tidy
from panel.storage.models import Worker
from panel.storage.queue import leases
from panel.storage.queue.marks import HandingOver
from panel.storage.queue.progress import write_handing_over
from panel.storage.queue.rescue import Holder
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.kit.patience import until
from tests.storage.queue.holding import (
    MINUTE,
    TOKEN,
    WORKER,
    a_held_delivery,
    a_worker_row,
    at_once,
    ids,
    row,
    take,
)

LATER = NOON + leases.LEASE


@pytest.fixture
def lease(monkeypatch):
    """A lease whose caretakers come round every few milliseconds."""
    monkeypatch.setattr(leases, "RENEWAL_S", 0.02)
    return Lease()


@pytest.fixture
def start(engine, lease):
    """Starts the caretakers of the worker; gives the event that its loss sets."""
    lost = threading.Event()
    keeper = Keeper(engine, worker_id=WORKER, lease=lease, on_lost=lost.set)

    def start():
        keeper.start()
        return lost

    yield start
    keeper.stop()


def lease_until(session):
    session.rollback()
    session.expire_all()
    found = session.get_one(Worker, WORKER).lease_until
    session.rollback()
    return found


def test_signs_of_life_extend_the_lease_in_the_database_and_in_the_worker(session, lease, start):
    a_worker_row(session, now=datetime.now(UTC))
    before, valid_before = lease_until(session), lease.valid_until_s

    lost = start()

    until(lambda: lease_until(session) > before and lease.valid_until_s > valid_before)
    assert not lost.is_set()
    assert lease.is_valid


def test_a_worker_that_others_took_for_dead_is_told_and_may_not_act(session, lease, start):
    a_worker_row(session, now=datetime.now(UTC) - timedelta(hours=1))

    lost = start()

    assert lost.wait(20)
    assert not lease.is_valid


def test_a_worker_that_has_seen_its_lease_run_out_does_not_renew_it(session, lease, start):
    a_worker_row(session, now=datetime.now(UTC))
    before = lease_until(session)
    lease.valid_until_s = 0.0
    assert not lease.is_valid

    lost = start()

    assert lost.wait(20)
    assert lease_until(session) == before


def test_signs_of_life_go_on_while_the_upkeep_waits(session, lease, start, monkeypatch):
    a_worker_row(session, now=datetime.now(UTC))
    waiting, release = threading.Event(), threading.Event()

    def long_upkeep(_session, _now):
        waiting.set()
        assert release.wait(20)
        return 0

    monkeypatch.setattr(keeper_module, "UPKEEP", (long_upkeep,))
    start()
    assert waiting.wait(20)
    valid_before = lease.valid_until_s

    try:
        until(lambda: lease.valid_until_s > valid_before)
    finally:
        release.set()


def test_a_caretaker_outlives_a_fault(session, lease, start, monkeypatch):
    a_worker_row(session, now=datetime.now(UTC))
    turns = []

    def broken(_session, _now):
        turns.append(1)
        raise OSError("disk full")

    monkeypatch.setattr(keeper_module, "UPKEEP", (broken,))
    start()

    until(lambda: len(turns) > 2)


def test_a_dead_workers_mail_is_taken_back_and_the_worker_struck_off(session, engine):
    a_worker_row(session)
    claimed = a_held_delivery(session)
    in_doubt = a_held_delivery(session, token="token-2", phase=Phase.HANDING_OVER)

    assert tidy(engine, now=LATER) == 2

    assert row(session, claimed).state is DeliveryState.QUEUED
    found = row(session, in_doubt)
    assert (found.state, found.next_attempt_at) == (DeliveryState.UNCONFIRMED, LATER + MINUTE)
    assert session.get(Worker, WORKER) is None


def test_a_living_workers_mail_is_left_alone(session, engine):
    a_worker_row(session)
    identifier = a_held_delivery(session)

    assert tidy(engine, now=LATER - MINUTE / 60) == 0
    assert row(session, identifier).state is DeliveryState.SENDING


def test_mail_in_the_hands_of_a_worker_that_was_struck_off_is_found(session, engine):
    identifier = a_held_delivery(session)

    assert tidy(engine, now=NOON) == 1
    assert row(session, identifier).state is DeliveryState.QUEUED


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
    a_delivery(session, a_message(session, stream=stream))
    session.commit()
    (identifier,) = ids(take(session))
    write_handing_over(session, [HandingOver(identifier, TOKEN, 5)])

    assert rescue(session, Holder(WORKER), now=LATER) == 1
    session.commit()

    expected = None if delay is None else LATER + delay
    assert row(session, identifier).next_attempt_at == expected


def test_time_ends_and_decides_what_is_due(session, engine):
    late = a_delivery(session, expires_at=NOON).id
    unconfirmed = a_delivery(
        session, state=DeliveryState.UNCONFIRMED, provider_id=5, next_attempt_at=NOON
    ).id
    session.commit()

    assert tidy(engine, now=NOON) == 2

    assert row(session, late).state is DeliveryState.EXPIRED
    assert row(session, unconfirmed).copies == 1


def test_several_caretakers_at_once_rescue_each_delivery_once(session, engine):
    a_worker_row(session)
    message = a_message(session)
    for number in range(60):
        a_delivery(session, message, recipient=f"{number}@contoso.test")
    session.commit()
    held = ids(take(session))

    moved = at_once(engine, *[lambda _: tidy(engine, now=LATER)] * 3)

    assert sum(moved) == 60
    assert {row(session, identifier).rescues for identifier in held} == {1}
