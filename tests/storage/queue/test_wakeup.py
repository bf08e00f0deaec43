"""A commit by anybody else wakes a waiting worker at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text

from panel.storage.database import session_for
from panel.storage.queue.intake import take_in
from panel.storage.queue.wakeup import Bell, notify
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.storage.queue.test_intake import a_mail

ALERT_S = 10.0


@contextmanager
def a_bell(engine: Engine) -> Iterator[threading.Event]:
    """An event that the bell sets; it has rung once, as it does when it begins to listen."""
    rung = threading.Event()
    bell = Bell(engine, rung.set)
    bell.start()
    try:
        assert rung.wait(ALERT_S)
        rung.clear()
        yield rung
    finally:
        bell.stop()


def test_it_rings_when_another_connection_has_committed_mail(engine):
    with a_bell(engine) as rung, session_for(engine) as session:
        a_delivery(session)
        notify(session)
        session.commit()

        assert rung.wait(ALERT_S)


def test_it_rings_for_mail_that_was_taken_in(engine):
    with a_bell(engine) as rung, session_for(engine) as session:
        take_in(session.connection(), [a_mail(1)], now=NOON)
        session.commit()

        assert rung.wait(ALERT_S)


def test_it_does_not_ring_for_what_is_taken_back(engine):
    with a_bell(engine) as rung, session_for(engine) as session:
        a_delivery(session)
        notify(session)
        session.rollback()
        assert not rung.is_set()

        a_delivery(session)
        notify(session)
        session.commit()
        assert rung.wait(ALERT_S)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_it_listens_again_after_its_connection_was_lost(engine):
    end_all = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with a_bell(engine) as rung, session_for(engine) as session:
        session.execute(end_all)
        session.commit()
        assert rung.wait(ALERT_S), "It rings, as it may have missed something."
        # Once more, when it listens again.
        rung.clear()
        assert rung.wait(ALERT_S)
        rung.clear()

        notify(session)
        session.commit()
        assert rung.wait(ALERT_S)


def test_it_ends_when_it_is_told_to(engine):
    bell = Bell(engine, lambda: None)
    bell.start()

    bell.stop()

    assert not bell.is_alive()
