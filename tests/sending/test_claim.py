"""A claim of a worker: what it takes, when it is repeated, and when it is given up."""

import asyncio

import pytest
from sqlalchemy import text

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.sending import claim
from panel.sending.claim import Claim
from panel.storage.database import patient
from panel.storage.queue import leases
from panel.storage.queue.claims import Share
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.storage.queue.holding import WORKER, a_worker_row, ids, row

SHARES = (Share(flow_id(Stream.SYSTEM, None), 10),)


def made(engine, *, stop: asyncio.Event | None = None):
    """The mail of one claim, and its token."""
    one = Claim(engine, WORKER, shares=SHARES, now=NOON, most_octets=1_000_000)
    return asyncio.run(one.made(stop or asyncio.Event())), one.token


def test_what_is_due_is_the_workers_with_all_that_sending_needs(session, engine):
    identifier = a_delivery(session).id
    a_worker_row(session)

    messages, token = made(engine)

    assert ids(messages) == [identifier]
    assert messages[0].body is not None
    found = row(session, identifier)
    assert (found.state, found.claim_token) == (DeliveryState.SENDING, token)


def test_a_worker_that_was_taken_for_dead_takes_nothing(session, engine):
    identifier = a_delivery(session).id
    session.commit()

    messages, _ = made(engine)

    assert messages is None
    assert row(session, identifier).state is DeliveryState.QUEUED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_it_is_made_again_when_the_database_can_be_written_again(session, engine, monkeypatch):
    monkeypatch.setattr(claim, "TROUBLE_S", 0.01)
    identifier = a_delivery(session).id
    a_worker_row(session)
    other = engine.connect()
    other.execute(text("SELECT 1"))
    other.connection.driver_connection.execute("ROLLBACK")
    other.connection.driver_connection.execute("BEGIN IMMEDIATE")
    one = Claim(patient(engine, 0.01), WORKER, shares=SHARES, now=NOON, most_octets=1_000_000)
    troubled = asyncio.Event()
    monkeypatch.setattr(claim.log, "warning", lambda *_, **__: troubled.set())

    async def act():
        claiming = asyncio.create_task(one.made(asyncio.Event()))
        await troubled.wait()
        other.connection.driver_connection.execute("ROLLBACK")
        return await claiming

    messages = asyncio.run(act())
    other.close()

    assert ids(messages) == [identifier]


def test_a_worker_that_has_to_stop_claims_no_more(session, engine):
    identifier = a_delivery(session).id
    a_worker_row(session)
    stop = asyncio.Event()
    stop.set()

    messages, _ = made(engine, stop=stop)

    assert messages == ()
    assert leases.is_alive(session, WORKER)
    assert row(session, identifier).state is DeliveryState.QUEUED
