"""Tests of tools.bench.filling and tools.bench.books."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState
from panel.storage.database import Session, make_engine, session_for
from panel.storage.models import Content, Delivery, Message
from tools.bench.books import queued, until_written
from tools.bench.filling import BODIES, fill, fill_by_sql
from tools.bench.line import NotMeasured


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    """A session on the test's migrated database."""
    engine = make_engine(database_url)
    with session_for(engine) as session:
        yield session
    engine.dispose()


def test_filled_queue_holds_mails_with_bodies_of_their_own(database_url: str, session: Session):
    fill(database_url, 7)

    assert queued(database_url) == 7
    assert session.scalar(select(func.count()).select_from(Content)) == 7


def test_rows_made_by_sql_are_like_the_submitted_one(database_url: str, session: Session):
    fill_by_sql(database_url, 50)

    first, *others = session.scalars(select(Delivery).order_by(Delivery.id)).all()
    assert len(others) == 49
    assert {one.state for one in others} == {DeliveryState.QUEUED}
    assert {one.flow for one in others} == {first.flow}
    assert {one.next_attempt_at for one in others} == {first.next_attempt_at}
    assert [one.id for one in others] == list(range(first.id + 1, first.id + 50))


def test_rows_made_by_sql_have_messages_whose_bodies_are_there(database_url: str, session: Session):
    fill_by_sql(database_url, 50)

    messages = session.scalars(select(Message)).all()
    bodies = set(session.scalars(select(Content.digest)))
    assert {message.id for message in messages} == set(session.scalars(select(Delivery.message_id)))
    assert {message.content_digest for message in messages} <= bodies
    assert len(bodies) == BODIES + 1


def test_mail_can_be_submitted_after_rows_were_made_by_sql(database_url: str):
    fill_by_sql(database_url, 50)

    fill(database_url, 3)

    assert queued(database_url) == 53


def test_books_that_are_not_complete_are_not_measured(database_url: str):
    fill(database_url, 2)

    with pytest.raises(NotMeasured, match="Of 2 mails 0 are sent and 0 logged"):
        until_written(database_url, 2, timeout_s=0)
