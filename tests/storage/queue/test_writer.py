"""A worker's own connection for its marks: one transaction a batch, made anew when it breaks."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from panel.domain.delivery import DeliveryState, Phase
from panel.storage.queue.batch import Batch
from panel.storage.queue.writer import Writer
from tests.factories.mail import a_delivery
from tests.storage.queue.holding import TOKEN, ids, reached, row, take


@pytest.fixture
def writer(engine):
    made = Writer(engine)
    yield made
    made.close()


@pytest.fixture
def held(session):
    """Two deliveries in the worker's hands."""
    for _ in range(2):
        a_delivery(session)
    session.commit()
    return ids(take(session))


def test_marks_are_durable_when_the_writer_has_answered(writer, session, held):
    assert writer.write(Batch(reached=[reached(held[0])])) == {(held[0], TOKEN)}

    assert row(session, held[0]).phase is Phase.HANDING_OVER
    assert row(session, held[1]).phase is Phase.CLAIMED


def test_it_tells_which_deliveries_its_worker_has_lost(writer, session, held):
    session.execute(
        text("UPDATE deliveries SET claim_token = :token WHERE id = :id"),
        {"token": "others", "id": held[1]},
    )
    session.commit()

    answer = writer.write(Batch(reached=[reached(item) for item in held]))

    assert answer == {(held[0], TOKEN)}


def test_batches_share_one_connection(writer, engine, held):
    engine.dispose()
    made = []

    def note(connection, _record):
        made.append(connection)

    event.listen(engine, "connect", note)
    for item in held:
        writer.write(Batch(reached=[reached(item)]))
    event.remove(engine, "connect", note)

    assert len(made) == 1


def test_a_batch_that_fails_leaves_nothing_and_the_next_one_is_written(writer, session, held):
    bad = replace(reached(held[0]), provider_id=1 << 80)

    with pytest.raises((DBAPIError, OverflowError)):
        writer.write(Batch(reached=[reached(held[1]), bad]))
    assert row(session, held[1]).phase is Phase.CLAIMED
    session.rollback()

    assert writer.write(Batch(reached=[reached(held[1])])) == {(held[1], TOKEN)}
    assert row(session, held[1]).state is DeliveryState.SENDING


def test_it_waits_for_its_turn_while_another_writes(writer, session, held):
    session.execute(text("UPDATE deliveries SET retries = 1 WHERE id = :id"), {"id": held[0]})
    answers = []
    waiting = threading.Thread(
        target=lambda: answers.append(writer.write(Batch(reached=[reached(held[0])])))
    )
    waiting.start()
    assert not answers, "Whoever was first has not committed yet."
    session.commit()
    waiting.join(20)

    assert answers == [{(held[0], TOKEN)}]
