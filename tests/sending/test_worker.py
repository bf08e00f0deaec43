"""The worker carries mail from the queue to real servers, and falls over where one cannot."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.delivery import AttemptStatus, DeliveryState, Stream
from panel.domain.provider import ServiceType
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending.submit import submit
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, ProviderHealth
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker


def a_submission(*recipients: str, **overrides: object) -> Submission:
    values: dict[str, object] = {
        "stream": Stream.SYSTEM,
        "to": tuple(Mailbox(address) for address in recipients),
        "subject": "Your code",
        "source": "api",
        "text": "It is 4711.",
    }
    return Submission(**(values | overrides))  # type: ignore[arg-type]


@pytest.fixture
def send(session: Session) -> Callable[..., int]:
    """Submits a mail, commits, and gives the id of its first delivery."""

    def send(*recipients: str, **overrides: object) -> int:
        accepted = submit(session, a_submission(*recipients, **overrides), now=datetime.now(UTC))
        session.commit()
        return accepted.deliveries[0].id

    return send


@pytest.fixture
def state(session: Session) -> Callable[[int], DeliveryState]:
    """The present state of a delivery."""

    def state(delivery_id: int) -> DeliveryState:
        session.rollback()
        session.expire_all()
        found = session.get_one(Delivery, delivery_id).state
        session.rollback()
        return found

    return state


def attempts(session: Session, delivery_id: int) -> list[Attempt]:
    """The mailing log of one delivery, oldest first."""
    session.rollback()
    statement = select(Attempt).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number)
    return list(session.scalars(statement))


def test_a_mail_arrives_through_the_first_provider(
    engine, session, vault, smtp_server, send, state
):
    a_provider(session, port=smtp_server.port, name="first")
    session.commit()

    with a_worker(engine, vault):
        delivery = send("kim@contoso.test")
        until(lambda: state(delivery) is DeliveryState.SENT)

    (mail,) = smtp_server.mails
    assert mail.recipients == ("kim@contoso.test",)
    assert b"Subject: Your code\r\n" in mail.content
    assert b"From: The House <post@house.test>\r\n" in mail.content
    (attempt,) = attempts(session, delivery)
    assert attempt.status is AttemptStatus.SUCCESS
    assert attempt.provider_name == "first"


def test_with_the_first_server_down_the_next_mail_arrives_through_the_second(
    engine, session, vault, make_smtp_server, send, state
):
    first, second = make_smtp_server(), make_smtp_server()
    down = a_provider(session, port=first.port, name="first").id
    a_provider(session, port=second.port, name="second", service_type=ServiceType.FALLBACK)
    session.commit()
    first.stop()

    with a_worker(engine, vault):
        delivery = send("kim@contoso.test")
        until(lambda: state(delivery) is DeliveryState.SENT)

    assert len(second.mails) == 1
    failed, succeeded = attempts(session, delivery)
    assert (failed.provider_name, failed.status) == ("first", AttemptStatus.FAIL)
    assert failed.rule == "unreachable"
    assert (succeeded.provider_name, succeeded.status) == ("second", AttemptStatus.SUCCESS)
    health = session.get_one(ProviderHealth, down)
    assert health.state is BreakerState.OPEN


def test_a_refused_recipient_fails_alone_and_leaves_the_breaker_closed(
    engine, session, vault, smtp_server, send, state
):
    a_provider(session, port=smtp_server.port)
    session.commit()

    with a_worker(engine, vault):
        refused = send("reply-550-5.1.1@contoso.test", "kim@contoso.test")
        until(lambda: state(refused) is DeliveryState.FAILED)
        until(lambda: state(refused + 1) is DeliveryState.SENT)

    assert [mail.recipients for mail in smtp_server.mails] == [("kim@contoso.test",)]
    states = session.scalars(select(ProviderHealth.state))
    assert set(states) <= {BreakerState.CLOSED}


def test_a_lost_answer_leaves_the_mail_unconfirmed_and_never_moves_it(
    engine, session, vault, make_smtp_server, send, state
):
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port)
    a_provider(session, port=second.port)
    session.commit()

    with a_worker(engine, vault):
        delivery = send("drop-after-dot@contoso.test", stream=Stream.CRM)
        until(lambda: state(delivery) is DeliveryState.UNCONFIRMED)

    assert second.mails == []
    assert session.get_one(Delivery, delivery).next_attempt_at is None


def test_mail_without_a_provider_is_held_and_goes_once_there_is_one(
    engine, session, vault, smtp_server, send, state
):
    from panel.sending.wake import release_held

    with a_worker(engine, vault):
        delivery = send("kim@contoso.test")
        until(lambda: state(delivery) is DeliveryState.HELD)
        a_provider(session, port=smtp_server.port)
        release_held(session, now=datetime.now(UTC))
        session.commit()
        until(lambda: state(delivery) is DeliveryState.SENT)

    assert session.get_one(Delivery, delivery).attempts == 1


def test_a_greylisted_mail_waits_for_the_same_provider(
    engine, session, vault, make_smtp_server, send, state
):
    first, second = make_smtp_server(), make_smtp_server()
    provider = a_provider(session, port=first.port)
    a_provider(session, port=second.port)
    session.commit()

    with a_worker(engine, vault):
        delivery = send("greylist-1@contoso.test")
        until(lambda: state(delivery) is DeliveryState.DEFERRED)

    row = session.get_one(Delivery, delivery)
    assert row.sticky_provider_id == provider.id
    assert row.retries == 1
    assert row.next_attempt_at - datetime.now(UTC) > timedelta(seconds=30)
    assert second.mails == []


def test_a_budget_that_is_used_up_overflows_to_the_next_provider(
    engine, session, vault, make_smtp_server, send, state
):
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port, per_day=1)
    a_provider(session, port=second.port)
    session.commit()

    with a_worker(engine, vault):
        deliveries = [send("kim@contoso.test"), send("lou@contoso.test")]
        until(lambda: all(state(item) is DeliveryState.SENT for item in deliveries))

    assert (len(first.mails), len(second.mails)) == (1, 1)


def test_a_from_that_the_provider_may_not_send_for_becomes_reply_to(
    engine, session, vault, smtp_server, send, state
):
    a_provider(session, port=smtp_server.port)
    session.commit()

    with a_worker(engine, vault):
        delivery = send("kim@contoso.test", sender=Mailbox("ann@elsewhere.test", "Ann"))
        until(lambda: state(delivery) is DeliveryState.SENT)

    (mail,) = smtp_server.mails
    assert mail.reverse_path == "post@house.test"
    assert b"From: The House <post@house.test>\r\n" in mail.content
    assert b"Reply-To: Ann <ann@elsewhere.test>\r\n" in mail.content
