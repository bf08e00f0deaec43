"""Tests of tools.history: what a made history holds, alike on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select, text

from panel.domain.delivery import WAITING_STATES, AttemptStatus, DeliveryState, flow_id
from panel.storage.database import Base, Session, make_engine, session_for
from panel.storage.models import Attempt, Delivery, Message
from tools.history.fill import TABLES, fill


@pytest.fixture
def history(database_url: str) -> Iterator[Session]:
    """A session on a history of a thousand attempts."""
    fill(database_url, waiting=400, attempts=1000)
    engine = make_engine(database_url)
    with session_for(engine) as session:
        yield session
    engine.dispose()


def test_history_holds_what_was_asked_for_and_hangs_together(history):
    attempts = history.scalars(select(Attempt).order_by(Attempt.id)).all()
    deliveries = {one.id: one for one in history.scalars(select(Delivery))}
    messages = {one.id: one for one in history.scalars(select(Message))}

    assert abs(len(attempts) - 1000) < 10
    waiting = sum(one.state in WAITING_STATES for one in deliveries.values())
    assert abs(waiting - 400) < 10
    times = [one.started_at for one in attempts]
    assert times == sorted(times)
    numbers = {(one.delivery_id, one.number) for one in attempts}
    assert all(
        (one.id, number) in numbers
        for one in deliveries.values()
        for number in range(1, one.attempts + 1)
    )
    for one in deliveries.values():
        message = messages[one.message_id]
        assert (message.stream, message.partner_id) == (one.stream, one.partner_id)
        assert one.flow == flow_id(one.stream, one.partner_id)


def test_history_has_every_state_and_status(history):
    states = set(history.scalars(select(Delivery.state)))

    assert states >= WAITING_STATES | {DeliveryState.SENT, DeliveryState.FAILED}
    assert set(history.scalars(select(Attempt.status))) == set(AttemptStatus)


def test_indexes_are_there_again(history):
    is_sqlite = history.get_bind().dialect.name == "sqlite"
    names = "name FROM sqlite_master" if is_sqlite else "indexname FROM pg_indexes"
    there = set(history.scalars(text(f"SELECT {names}")))

    wanted = {str(index.name) for name in TABLES for index in Base.metadata.tables[name].indexes}
    assert wanted <= there
