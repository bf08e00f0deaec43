"""Under load the hand-over of the next mails is made durable while they wait for a connection."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState, Phase, Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending.line import CONNECTIONS, RESERVED
from panel.sending.submit import submit
from panel.storage.models import Delivery
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker

MAILS = 50


@pytest.fixture
def count(session):
    """How many deliveries there are in a phase or a state."""

    def count(condition):
        found = session.scalar(select(func.count()).select_from(Delivery).where(condition))
        session.rollback()
        return found

    return count


def submit_many(session):
    """More mails than there are connections."""
    for number in range(MAILS):
        mail = Submission(
            stream=Stream.CRM,
            to=(Mailbox(f"kim+{number}@contoso.test"),),
            subject="Code",
            text="4711",
            source="api",
        )
        submit(session, mail, now=datetime.now(UTC))
    session.commit()


def test_fewer_than_twice_the_connections_are_in_doubt(engine, session, vault, smtp_server, count):
    a_provider(session, port=smtp_server.port)
    smtp_server.stall("final")
    submit_many(session)

    with a_worker(engine, vault):
        until(lambda: count(Delivery.phase == Phase.HANDING_OVER) == 2 * CONNECTIONS - 1)
        until(lambda: len(smtp_server.mails) == CONNECTIONS - RESERVED)
        assert count(Delivery.phase == Phase.HANDING_OVER) < 2 * CONNECTIONS
        smtp_server.stop()
        until(lambda: count(Delivery.state == DeliveryState.SENDING) == 0)

    assert count(Delivery.state == DeliveryState.UNCONFIRMED) == CONNECTIONS - RESERVED


def test_a_marked_mail_still_falls_over_when_its_provider_refuses_it(
    engine, session, vault, make_smtp_server, count
):
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port)
    a_provider(session, port=second.port)
    first.answers("mail", "451 4.3.0 not now")
    submit_many(session)

    with a_worker(engine, vault):
        until(lambda: count(Delivery.state == DeliveryState.SENT) == MAILS)

    assert len(second.mails) == MAILS
    assert first.mails == []
