"""A worker process: asked once it finishes its work, asked again it ends at once."""

import os
import signal
import time

import pytest
from sqlalchemy import update

from panel.cli.ending import INTERRUPTED, LIMIT_S
from panel.cli.supervisor import GRACE_S
from panel.cli.worker import TEMPORARY_FAILURE
from panel.domain.delivery import DeliveryState
from panel.sending.keeper import STOP_S
from panel.sending.worker import GOODBYE_S
from panel.storage.models import Worker
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.sending.surroundings import state

START_S = 40.0


@pytest.fixture
def provider(session, smtp_server):
    """The scripted server."""
    a_provider(session, port=smtp_server.port)
    session.commit()


@pytest.mark.parametrize("asking", [signal.SIGTERM, signal.SIGINT])
def test_asked_once_it_finishes_what_is_on_the_wire(
    installation, session, smtp_server, provider, accept, asking
):
    smtp_server.delay("final", 1.0)
    worker = installation.worker()
    (identifier,) = accept()
    smtp_server.wait_for_command("DATA", timeout_s=START_S)

    os.kill(worker.pid, asking)
    until(lambda: not worker.is_running, timeout_s=GOODBYE_S)

    assert worker.stop() == 0
    assert state(session, identifier) is DeliveryState.SENT
    assert len(smtp_server.mails) == 1


def test_asked_twice_it_ends_at_once(installation, session, smtp_server, provider, accept):
    smtp_server.stall("final")
    worker = installation.worker()
    (identifier,) = accept()
    smtp_server.wait_for(1, timeout_s=START_S)

    began_s = time.monotonic()
    os.kill(worker.pid, signal.SIGTERM)
    worker.wait_for("worker_stopping")
    os.kill(worker.pid, signal.SIGTERM)
    until(lambda: not worker.is_running)

    assert worker.stop() == INTERRUPTED
    assert time.monotonic() - began_s < GOODBYE_S / 2
    assert state(session, identifier) is DeliveryState.SENDING


def test_taken_for_dead_it_ends_to_be_started_anew(installation, session, provider):
    worker = installation.worker()

    session.execute(update(Worker).values(is_dead=True))
    session.commit()

    assert "slept past its lease" in worker.wait_for("^postroom: ")
    until(lambda: not worker.is_running)
    assert worker.stop() == TEMPORARY_FAILURE


def test_each_keeper_of_a_process_grants_more_than_the_one_it_keeps():
    """The worker its mail, the process its worker, the supervisor the process."""
    assert GOODBYE_S + 2 * STOP_S < LIMIT_S < GRACE_S
