"""Readings of the queue: counted to the last row, once a minute, kept for days."""

from datetime import timedelta

from panel.domain.delivery import DeliveryState
from panel.storage.models import QueueReading
from panel.storage.queries import overview
from panel.storage.queries.leftovers import purge
from panel.storage.queries.readings import reading_at
from panel.storage.queue import readings
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON

MINUTE = timedelta(minutes=1)


def a_reading(session, at=NOON, **overrides: int) -> QueueReading:
    """A kept reading of an empty queue."""
    values = {"waiting": 0, "unconfirmed": 0, "failed": 0}
    readings.keep(session, QueueReading(minute_at=at, **(values | overrides)))
    return session.get_one(QueueReading, at)


def test_everything_is_counted_beyond_the_limit_of_pages(session, monkeypatch):
    monkeypatch.setattr(overview, "COUNT_LIMIT", 1)
    for state in (DeliveryState.QUEUED, DeliveryState.HELD, DeliveryState.UNCONFIRMED):
        a_delivery(session, state=state)
    for hours in (1, 2, 30):
        a_delivery(session, state=DeliveryState.EXPIRED, ended_at=NOON - timedelta(hours=hours))

    read = readings.read(session, now=NOON + timedelta(seconds=30))

    assert (read.minute_at, read.waiting, read.unconfirmed, read.failed) == (NOON, 3, 1, 2)


def test_first_reading_of_a_minute_stands(session):
    assert not readings.is_taken(session, now=NOON)
    a_reading(session, waiting=1)
    a_reading(session, waiting=2)

    assert readings.is_taken(session, now=NOON + timedelta(seconds=59))
    assert not readings.is_taken(session, now=NOON + MINUTE)
    assert session.query(QueueReading.waiting).all() == [(1,)]


def test_reading_speaks_for_the_minutes_after_it(session):
    a_reading(session, NOON - 3 * MINUTE, waiting=1)
    a_reading(session, NOON, waiting=2)

    def waiting(at) -> int | None:
        found = reading_at(session, at)
        return found.waiting if found else None

    assert waiting(NOON - 4 * MINUTE) is None
    assert waiting(NOON - MINUTE) == 1
    assert waiting(NOON + 4 * MINUTE) == 2
    assert waiting(NOON + 5 * MINUTE) is None


def test_readings_are_removed_after_three_days(session):
    a_reading(session, NOON - timedelta(days=4))
    a_reading(session, NOON - timedelta(days=2))

    purge(session, now=NOON)

    assert session.query(QueueReading).count() == 1
