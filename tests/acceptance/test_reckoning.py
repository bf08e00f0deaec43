"""The reckoning sees what it is there to see."""

import pytest

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase, Stream
from tests.acceptance.reckoning import reconcile
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.fakes.smtp_ledger import Ledger, Mail

SENT = {"status": AttemptStatus.SUCCESS, "rule": "accepted"}
DOUBTFUL = {"rule": "worker_lost"}


@pytest.fixture
def ledger():
    """That of the server behind `provider-1`."""
    return Ledger()


@pytest.fixture
def take(ledger):
    """The server takes the mail of a delivery, so many times."""

    def take(delivery, message, times=1):
        content = f"Message-ID: {message.rfc_message_id}\r\n\r\nGood day.\r\n".encode()
        for _ in range(times):
            mail = Mail("post@house.test", (delivery.recipient,), content, False, "", 1)
            ledger.take(mail)

    return take


@pytest.fixture
def mail(session):
    """A delivery in a state, with its message and attempts."""

    def mail(state, *attempts, **fields):
        message = a_message(session, stream=Stream.SYSTEM)
        delivery = a_delivery(session, message, state=state, **fields)
        for attempt in attempts:
            an_attempt(session, delivery, **attempt)
        session.commit()
        return delivery, message

    return mail


@pytest.fixture
def reckon(engine, ledger):
    """The reckoning of all mails that were accepted."""

    def reckon(*deliveries):
        accepted = {one.id: one.recipient for one in deliveries}
        return reconcile(engine, {"provider-1": [ledger]}, accepted)

    return reckon


def test_mail_that_was_taken_and_is_sent_is_right(mail, take, reckon):
    delivery, message = mail(DeliveryState.SENT, SENT)
    take(delivery, message)

    reckoning = reckon(delivery)

    assert reckoning.is_right, reckoning.table()
    assert (reckoning.accepted, reckoning.taken, reckoning.copies) == (1, 1, 0)


def test_mail_that_no_server_took_is_lost(mail, reckon):
    delivery, _ = mail(DeliveryState.SENT, SENT)

    assert len(reckon(delivery).lost) == 1


def test_mail_that_is_called_sent_without_an_attempt_is_lost(mail, reckon):
    delivery, _ = mail(DeliveryState.SENT)

    assert len(reckon(delivery).lost) == 1


def test_mail_that_is_not_in_the_database_is_lost(mail, reckon, session):
    delivery, _ = mail(DeliveryState.QUEUED)
    session.expunge(delivery)
    session.delete(session.get(type(delivery), delivery.id))
    session.commit()

    reckoning = reckon(delivery)

    assert reckoning.absent == 1
    assert not reckoning.is_right


def test_mail_that_nobody_was_told_of_is_counted_apart(mail, reckon):
    mail(DeliveryState.QUEUED)

    reckoning = reckon()

    assert reckoning.unanswered == 1
    assert reckoning.is_right


def test_second_copy_is_right_when_it_is_flagged(mail, take, reckon):
    delivery, message = mail(DeliveryState.SENT, DOUBTFUL, SENT | {"is_copy": True}, copies=1)
    take(delivery, message, times=2)

    reckoning = reckon(delivery)

    assert reckoning.is_right, reckoning.table()
    assert reckoning.copies == 1


def test_second_copy_that_nobody_flagged_is_told(mail, take, reckon):
    delivery, message = mail(DeliveryState.SENT, DOUBTFUL, SENT)
    take(delivery, message, times=2)

    assert len(reckon(delivery).unflagged) == 1


@pytest.mark.parametrize(
    "state", [DeliveryState.QUEUED, DeliveryState.FAILED, DeliveryState.EXPIRED]
)
def test_mail_that_is_out_and_told_otherwise_is_unexplained(mail, take, reckon, state):
    delivery, message = mail(state, DOUBTFUL)
    take(delivery, message)

    assert len(reckon(delivery).unexplained) == 1


def test_mail_that_may_be_out_is_right_whether_it_is_or_not(mail, take, reckon):
    here, message = mail(DeliveryState.UNCONFIRMED, DOUBTFUL)
    there, _ = mail(DeliveryState.UNCONFIRMED, DOUBTFUL)
    take(here, message)

    assert reckon(here, there).is_right


def test_mail_that_is_being_handed_over_may_be_out(mail, take, reckon):
    begun = {"status": AttemptStatus.IN_PROGRESS, "rule": "", "phase": Phase.HANDING_OVER}
    delivery, message = mail(DeliveryState.SENDING, begun, phase=Phase.HANDING_OVER)
    take(delivery, message)

    assert reckon(delivery).is_right


def test_mail_taken_by_a_server_that_was_never_tried_is_unexplained(mail, take, reckon):
    delivery, message = mail(DeliveryState.SENT, SENT | {"provider_name": "provider-2"})
    take(delivery, message)

    assert len(reckon(delivery).unexplained) == 1


def test_mail_that_the_database_does_not_know_is_unexplained(mail, take, reckon, session):
    delivery, message = mail(DeliveryState.SENT, SENT)
    take(delivery, message)
    message.rfc_message_id = "<other@house.test>"
    session.commit()

    assert any("not in the database" in line for line in reckon(delivery).unexplained)
