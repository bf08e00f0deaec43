"""The database is gone for longer than a lease; afterwards all goes on by itself."""

import threading

import pytest

from panel.domain.delivery import DeliveryState
from panel.storage.queue.leases import LEASE
from tests.acceptance.own_postgres import OwnPostgres, own_postgres
from tests.factories.providers import a_provider
from tests.kit import postgres_keeper
from tests.kit.patience import until
from tests.sending.surroundings import state
from tests.storage.queue.holding import row

OUTAGE_S = LEASE.total_seconds() + 5
DECIDED = {DeliveryState.SENT, DeliveryState.UNCONFIRMED}
"""What became of mail that was on the wire when the database went."""


@pytest.fixture
def postgres():
    """A server that no other test uses."""
    with own_postgres() as server:
        yield server


@pytest.fixture
def database_url(postgres):
    """The database of that server."""
    return postgres.url


def switch(postgres: OwnPostgres, *order: str) -> None:
    """Gives an order to the server."""
    state_folder, log = str(postgres.folder / "state"), str(postgres.folder / "log")
    postgres_keeper.run("pg_ctl", "-D", state_folder, "-l", log, "-w", *order)


def test_workers_outlive_an_outage_longer_than_their_lease(
    postgres, installation, session, smtp_server, accept
):
    a_provider(session, port=smtp_server.port)
    session.commit()
    smtp_server.delay("final", 2.0)
    everything = installation.everything("--workers", "2")
    before = [item for _ in range(10) for item in accept()]
    session.close()
    smtp_server.wait_for(5, timeout_s=60)

    socket = f"-k '{postgres.folder}' -c listen_addresses=''"
    switch(postgres, "-m", "immediate", "stop")
    threading.Event().wait(OUTAGE_S)
    switch(postgres, "-o", socket, "start")
    after = accept()
    until(lambda: state(session, after[0]) is DeliveryState.SENT, timeout_s=60)
    until(lambda: {state(session, item) for item in before} <= DECIDED, timeout_s=60)

    assert everything.stop() == 0
    copies = sum(row(session, item).copies for item in before)
    assert len(smtp_server.mails) <= len(before) + len(after) + copies
