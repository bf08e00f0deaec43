"""Mails of the largest size, many at one time, and small ones beside them."""

from datetime import UTC, datetime

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.sending.check import MAX_OCTETS
from panel.storage.database import session_for
from tests.factories.mail import a_delivery, a_message
from tests.fakes.smtp_features import Features
from tests.fakes.smtp_server import SmtpServer
from tools.bench.processes import peak_mb
from tools.soak.stage import Tally

MOST_MB = 150
LINE = b"All that was ordered, with its number and its price, a line of a very long list.\r\n"
LARGE = LINE * (MAX_OCTETS // len(LINE) - 50)
COUNT = 4
SMALL = 40


@pytest.fixture
def server(scene):
    """A server that keeps no contents, and takes its time."""
    with SmtpServer(Features(chunking=True), ledger=Tally()) as server:
        scene.make_smtp_server = lambda: server
        server.delay("final", 0.3)
        yield scene.provider("house")


def test_large_mails_stay_out_of_a_workers_memory_and_go_out_once(scene, server):
    worker = scene.worker()
    put_large(scene, COUNT)
    scene.intake.put(scene.engine, Stream.CAMPAIGNS, SMALL)
    scene.wait_for_taken(COUNT + SMALL)
    scene.wait_for_quiet()

    reckoning = scene.reckon()

    assert peak_mb(worker.pid) < MOST_MB
    assert reckoning.states[DeliveryState.SENT] == COUNT + SMALL
    assert reckoning.copies == 0


def put_large(scene, count):
    """So many mails of nearly the largest size straight into the queue, no two alike."""
    now = datetime.now(UTC)
    with session_for(scene.engine) as session:
        for number in range(count):
            body = LARGE + b"%d\r\n" % number
            values = {"stream": Stream.CRM, "created_at": now, "size": len(body) + 100}
            message = a_message(session, body=body, **values)
            address = scene.intake.address(Stream.CRM)
            delivery = a_delivery(session, message, recipient=address)
            scene.intake.take({delivery.id: address})
        session.commit()
