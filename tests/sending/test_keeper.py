"""The caretakers: signs of life go on whatever happens, and end when the worker may not act."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event, text

from panel.sending import keeper as keeper_module
from panel.sending import upkeep as upkeep_module
from panel.sending.clock import Clock
from panel.sending.desk import Lease
from panel.sending.keeper import Keeper
from panel.storage.models import Worker
from panel.storage.queue import leases
from tests.kit.patience import until
from tests.storage.queue.holding import WORKER, a_worker_row


def at_once(act):
    """An event loop that turns."""
    act()


@pytest.fixture
def lease(monkeypatch):
    """A lease whose caretakers come round every few milliseconds."""
    monkeypatch.setattr(leases, "RENEWAL_S", 0.02)
    return Lease()


@pytest.fixture
def start(engine, lease):
    """Starts the caretakers of the worker; gives the event that its loss sets."""
    keepers = []

    def start(on_loop=at_once):
        lost = threading.Event()
        keeper = Keeper(
            engine,
            worker_id=WORKER,
            lease=lease,
            clock=Clock(),
            on_loop=on_loop,
            on_lost=lost.set,
        )
        keepers.append(keeper)
        keeper.start()
        return lost

    yield start
    for keeper in keepers:
        keeper.stop()


def beat(session):
    session.rollback()
    session.expire_all()
    found = session.get_one(Worker, WORKER).beat
    session.rollback()
    return found


def test_signs_of_life_extend_the_lease_in_the_database_and_in_the_worker(session, lease, start):
    a_worker_row(session)
    valid_before = lease.valid_until_s

    lost = start()

    until(lambda: beat(session) > 2 and lease.valid_until_s > valid_before)
    assert not lost.is_set()
    assert lease.is_valid


def test_a_worker_that_others_took_for_dead_is_told_and_may_not_act(session, lease, start):
    a_worker_row(session)
    leases.take_for_dead(session, WORKER, beat=0)
    session.commit()

    lost = start()

    assert lost.wait(20)
    assert not lease.is_valid
    assert beat(session) == 0


def test_a_worker_that_has_seen_its_lease_run_out_does_not_renew_it(session, lease, start):
    a_worker_row(session)
    lease.valid_until_s = 0.0
    assert not lease.is_valid

    lost = start()

    assert lost.wait(20)
    assert beat(session) == 0


def test_a_worker_whose_loop_stands_still_gives_no_more_signs(session, lease, start, monkeypatch):
    monkeypatch.setattr(keeper_module, "STANDSTILL_S", 0.2)
    a_worker_row(session)
    waiting: list[Callable[[], object]] = []

    start(waiting.append)
    until(lambda: len(waiting) > 50)

    stood_still_at = beat(session)
    asked = len(waiting)
    until(lambda: len(waiting) > asked + 5)
    assert beat(session) == stood_still_at
    waiting[-1]()
    until(lambda: beat(session) > stood_still_at)


def test_signs_of_life_go_on_while_the_upkeep_waits(session, lease, start, monkeypatch):
    a_worker_row(session)
    waiting, release = threading.Event(), threading.Event()

    def long_upkeep(_session, _now):
        waiting.set()
        assert release.wait(20)
        return 0

    monkeypatch.setattr(upkeep_module, "ACTS", (("long", wait_without_lock(long_upkeep)),))
    start()
    assert waiting.wait(20)
    valid_before = lease.valid_until_s

    try:
        until(lambda: lease.valid_until_s > valid_before)
    finally:
        release.set()


def wait_without_lock(act):
    """The write lock of SQLite is let go first: only the thread is to wait."""

    def run(session, now):
        session.rollback()
        return act(session, now)

    return run


def test_signs_of_life_go_on_after_the_database_refused_some(session, engine, lease, start):
    """As when the disk is full for a while."""
    a_worker_row(session)
    refusals: list[str] = []

    def refuse(_connection, _cursor, statement, *_):
        if statement.startswith("UPDATE workers") and len(refusals) < 3:
            refusals.append(statement)
            raise OSError("No space left on device")

    event.listen(engine, "before_cursor_execute", refuse)
    try:
        lost = start()
        until(lambda: beat(session) > 0)
    finally:
        event.remove(engine, "before_cursor_execute", refuse)

    assert len(refusals) == 3
    assert not lost.is_set()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_signs_of_life_go_on_after_every_connection_was_cut(session, engine, lease, start):
    """As when PostgreSQL is started anew."""
    a_worker_row(session)
    start()
    until(lambda: beat(session) > 0)

    session.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
    before = beat(session)

    until(lambda: beat(session) > before)


def test_the_upkeep_outlives_a_fault(session, lease, start, monkeypatch):
    a_worker_row(session)
    turns = []

    def broken(_session, _now):
        turns.append(1)
        raise OSError("disk full")

    monkeypatch.setattr(upkeep_module, "ACTS", (("broken", broken),))
    start()

    until(lambda: len(turns) > 2)
