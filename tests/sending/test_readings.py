"""Workers read the queue for the overview, one of them each minute."""

from datetime import timedelta

import pytest

from panel.sending.readings import Reader
from panel.storage.models import QueueReading
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON


class Standing:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOON
        self.is_steady = True

    def now(self):
        return self.at


@pytest.fixture
def clock():
    return Standing()


def kept(session):
    session.rollback()
    return [row.waiting for row in session.query(QueueReading).order_by("minute_at")]


def test_one_worker_reads_the_queue_for_all(engine, session, clock):
    a_delivery(session)
    session.commit()

    for _ in range(2):
        Reader(engine, clock=clock).turn()
    clock.at += timedelta(minutes=1)
    Reader(engine, clock=clock).turn()

    assert kept(session) == [1, 1]


def test_a_worker_reads_once_a_minute(engine, session, clock):
    reader = Reader(engine, clock=clock)

    reader.turn()
    clock.at += timedelta(minutes=1)
    reader.turn()

    assert kept(session) == [0]


def test_a_clock_that_nobody_trusts_reads_nothing(engine, session, clock):
    clock.is_steady = False

    Reader(engine, clock=clock).turn()

    assert kept(session) == []
