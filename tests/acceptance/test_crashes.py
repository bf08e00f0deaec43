"""A worker dies; nothing is lost, and a second copy comes only from an unconfirmed delivery."""

import os
import signal
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from panel.domain.delivery import DeliveryState, Phase, Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending.submit import submit
from panel.storage.models import Attempt, Delivery, Worker
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.standstill import standing_still


@pytest.fixture
def provider(session, smtp_server):
    """The one provider: the scripted server."""
    provider = a_provider(session, port=smtp_server.port)
    session.commit()
    return provider


@pytest.fixture
def send(session):
    """Submits a mail and gives the id of its delivery."""

    def send(address="kim@contoso.test", stream=Stream.SYSTEM):
        mail = Submission(
            stream=stream, to=(Mailbox(address),), subject="Code", text="4711", source="api"
        )
        accepted = submit(session, mail, now=datetime.now(UTC))
        session.commit()
        return accepted.deliveries[0].id

    return send


@pytest.fixture
def let_leases_run_out(session):
    """As if another worker had waited for the time of a lease and taken all others for dead."""

    def let_leases_run_out():
        session.rollback()
        session.execute(update(Worker).values(is_dead=True))
        session.commit()

    return let_leases_run_out


def is_in_the_log(session, identifier):
    """Whether an attempt of the delivery has been written."""
    session.rollback()
    found = session.scalar(select(Attempt.id).where(Attempt.delivery_id == identifier))
    session.rollback()  # on SQLite its transaction keeps others from writing
    return found is not None


def test_mail_that_a_killed_worker_had_not_handed_over_is_sent_once_by_the_next(
    installation, session, smtp_server, provider, send, delivery, let_leases_run_out
):
    smtp_server.stall("data")
    worker = installation.worker()
    identifier = send()
    smtp_server.wait_for_command("DATA", timeout_s=30)
    until(lambda: is_in_the_log(session, identifier), timeout_s=30)
    worker.kill()
    assert delivery(identifier).state is DeliveryState.SENDING

    smtp_server.heal()
    let_leases_run_out()
    installation.worker()
    until(lambda: delivery(identifier).state is DeliveryState.SENT, timeout_s=30)

    assert len(smtp_server.mails) == 1
    first, second = session.scalars(select(Attempt).order_by(Attempt.number))
    assert (first.rule, second.rule) == ("worker_ended", "accepted")
    assert not second.is_copy


def test_mail_that_a_killed_worker_was_handing_over_is_unconfirmed_then_copied_by_policy(
    installation, session, smtp_server, provider, send, delivery, let_leases_run_out
):
    smtp_server.stall("final")
    worker = installation.worker()
    identifier = send()
    until(lambda: delivery(identifier).phase is Phase.HANDING_OVER, timeout_s=30)
    smtp_server.wait_for(1, timeout_s=30)
    worker.kill()

    smtp_server.heal()
    let_leases_run_out()
    installation.worker()
    until(lambda: delivery(identifier).state is DeliveryState.UNCONFIRMED, timeout_s=30)
    session.execute(update(Delivery).values(next_attempt_at=datetime.now(UTC)))
    session.commit()
    until(lambda: delivery(identifier).state is DeliveryState.SENT, timeout_s=30)

    assert [mail.is_answered for mail in smtp_server.mails] == [False, True]
    attempts = session.scalars(select(Attempt).order_by(Attempt.number)).all()
    assert [attempt.is_copy for attempt in attempts] == [False, True]
    ids = {mail.parsed["Message-ID"] for mail in smtp_server.mails}
    assert len(ids) == 1


def test_a_worker_that_slept_past_its_lease_neither_sends_nor_writes(
    installation, engine, session, smtp_server, provider, send, delivery, let_leases_run_out
):
    smtp_server.stall("data")
    sleeper = installation.worker()
    identifier = send(stream=Stream.CRM)
    smtp_server.wait_for_command("DATA", timeout_s=30)
    until(lambda: is_in_the_log(session, identifier), timeout_s=30)
    with standing_still(engine, sleeper.pid):
        smtp_server.heal()
        let_leases_run_out()
        installation.worker()
        until(lambda: delivery(identifier).state is DeliveryState.SENT, timeout_s=30)
        before = delivery(identifier).attempts
    sleeper.wait_for("worker_stopped")

    assert len(smtp_server.mails) == 1
    assert delivery(identifier).attempts == before
    assert delivery(identifier).state is DeliveryState.SENT


def test_a_stopping_worker_finishes_what_is_on_the_wire(
    installation, smtp_server, provider, send, delivery
):
    smtp_server.delay("final", 0.5)
    worker = installation.worker()
    identifier = send()
    smtp_server.wait_for_command("DATA", timeout_s=30)

    assert worker.stop() == 0

    assert delivery(identifier).state is DeliveryState.SENT
    assert len(smtp_server.mails) == 1


def test_the_supervisor_starts_a_killed_worker_anew(
    installation, session, smtp_server, provider, send, delivery
):
    everything = installation.everything()
    (worker,) = session.scalars(select(Worker))
    os.kill(worker.pid, signal.SIGKILL)
    session.rollback()
    everything.wait_for("process_ended")
    until(
        lambda: sum(line.count("worker_started") for line in everything.lines) == 2,
        timeout_s=30,
    )

    identifier = send()
    until(lambda: delivery(identifier).state is DeliveryState.SENT, timeout_s=30)

    assert everything.stop() == 0
