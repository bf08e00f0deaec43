"""Mail keeps its times with real workers: not before `send_at`, not after `expires_in`, not after
somebody cancelled it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from panel.domain.delivery import DeliveryState
from panel.domain.permission import EVERYTHING
from panel.domain.ruling import Choice
from panel.storage.models import Attempt, Delivery
from panel.storage.queue.health import forget_faults
from panel.storage.queue.rulings import Wish, carry_out
from panel.storage.queue.upkeep import COPY_TOO_LATE
from panel.storage.queue.wakeup import notify
from tests.factories.providers import a_provider
from tests.kit.patience import until

CONNECTIONS = 10
"""Those of a worker to one provider."""
SECOND = timedelta(seconds=1)


@pytest.fixture
def provider(session, smtp_server):
    """The one provider: the scripted server."""
    made = a_provider(session, port=smtp_server.port)
    session.commit()
    return made


def attempts_of(session, mail) -> list[Attempt]:
    statement = select(Attempt).where(Attempt.delivery_id == mail["deliveries"][0]["id"])
    found = list(session.scalars(statement.order_by(Attempt.number)))
    session.expunge_all()
    session.rollback()
    return found


def is_over(item: Delivery) -> bool:
    """Whether its time has passed."""
    return datetime.now(UTC) > item.expires_at


def test_mail_for_later_is_not_sent_before_its_time(
    installation, session, smtp_server, provider, post, wait_for
):
    installation.worker()
    send_at = datetime.now(UTC) + 4 * SECOND
    later = post("later@contoso.test", send_at=send_at.isoformat())
    at_once = post("now@contoso.test")

    wait_for(at_once, DeliveryState.SENT)
    wait_for(later, DeliveryState.SENT)

    assert [mail.recipients for mail in smtp_server.mails] == [
        ("now@contoso.test",),
        ("later@contoso.test",),
    ]
    (attempt,) = attempts_of(session, later)
    assert attempt.started_at >= send_at


def test_code_that_waited_for_a_provider_is_not_sent_late(
    installation, session, smtp_server, post, wait_for
):
    installation.worker()
    code = post("code@contoso.test", expires_in=6)
    wait_for(code, DeliveryState.HELD)

    found = wait_for(code, DeliveryState.EXPIRED)
    a_provider(session, port=smtp_server.port)
    notify(session)
    session.commit()
    wait_for(post("now@contoso.test"), DeliveryState.SENT)

    assert (found.rule, found.ended_at is not None) == ("no_route", True)
    assert [mail.recipients for mail in smtp_server.mails] == [("now@contoso.test",)]


def test_code_that_waited_for_another_try_keeps_the_reason_and_is_not_sent_late(
    installation, session, smtp_server, provider, post, wait_for
):
    smtp_server.answers("rcpt", "450 4.2.0 Greylisted, come back later", times=1)
    installation.worker()
    code = post("code@contoso.test", expires_in=6)

    found = wait_for(code, DeliveryState.EXPIRED)

    assert "Greylisted" in found.said
    assert [item.number for item in attempts_of(session, code)] == [1]
    assert smtp_server.mails == []


def test_code_that_waited_for_a_connection_is_not_sent_late(
    installation, session, smtp_server, provider, post, wait_for
):
    smtp_server.delay("final", 6.0, times=CONNECTIONS)
    slow = [post(f"slow{number}@contoso.test") for number in range(CONNECTIONS)]
    installation.worker()
    smtp_server.wait_for_command("DATA", count=CONNECTIONS, timeout_s=40)
    code = post("code@contoso.test", expires_in=2)

    wait_for(code, DeliveryState.EXPIRED)
    for mail in slow:
        wait_for(mail, DeliveryState.SENT)
    wait_for(post("now@contoso.test"), DeliveryState.SENT)

    taken = {recipient for mail in smtp_server.mails for recipient in mail.recipients}
    assert "code@contoso.test" not in taken
    assert len(taken) == CONNECTIONS + 1


def test_code_that_was_named_to_a_server_that_takes_its_time_is_not_sent_late(
    installation, smtp_server, provider, call, post, wait_for
):
    smtp_server.delay("final", 6.0, times=1)
    installation.worker(arguments=["--connections", "1"])
    mails = [
        {"stream": "system", "to": [to], "subject": "Code", "text": "4711", "expires_in": lasts_s}
        for to, lasts_s in [("slow@contoso.test", 3600), ("code@contoso.test", 3)]
    ]
    slow, code = call("/batch", {"messages": mails})["messages"]

    wait_for(code, DeliveryState.EXPIRED)
    wait_for(slow, DeliveryState.SENT)
    wait_for(post("now@contoso.test"), DeliveryState.SENT)

    named = [command.line for command in smtp_server.commands if command.verb == "RCPT"]
    assert "RCPT TO:<code@contoso.test>" in named
    taken = [mail.recipients for mail in smtp_server.mails]
    assert taken == [("slow@contoso.test",), ("now@contoso.test",)]


def test_code_of_a_worker_that_died_is_not_sent_late_by_the_next(
    installation, smtp_server, provider, post, wait_for, delivery
):
    smtp_server.stall("data")
    worker = installation.worker()
    code = post("code@contoso.test", expires_in=6)
    smtp_server.wait_for_command("DATA", timeout_s=40)
    worker.kill()
    smtp_server.heal()
    until(lambda: is_over(delivery(code)))

    installation.worker()
    wait_for(code, DeliveryState.EXPIRED)
    wait_for(post("now@contoso.test"), DeliveryState.SENT)

    assert [mail.recipients for mail in smtp_server.mails] == [("now@contoso.test",)]


def test_unconfirmed_code_is_neither_sent_late_nor_called_expired(
    installation, session, smtp_server, provider, post, wait_for, delivery
):
    smtp_server.drop("final", times=1)
    installation.worker()
    code = post("code@contoso.test", expires_in=8)
    wait_for(code, DeliveryState.UNCONFIRMED)
    until(lambda: is_over(delivery(code)))

    decide_now(session, code)
    until(lambda: delivery(code).rule == COPY_TOO_LATE, timeout_s=40)
    trust_again(session, provider.id)
    wait_for(post("now@contoso.test"), DeliveryState.SENT)

    assert delivery(code).state is DeliveryState.UNCONFIRMED
    assert [mail.recipients for mail in smtp_server.mails] == [
        ("code@contoso.test",),
        ("now@contoso.test",),
    ]


def trust_again(session, provider_id: int) -> None:
    """As after a connection test that passed: the provider need not rest after its fault."""
    forget_faults(session, provider_id, now=datetime.now(UTC))
    notify(session)
    session.commit()


def decide_now(session, mail) -> None:
    """As if the delay of the stream's rule had passed."""
    values = {"next_attempt_at": datetime.now(UTC)}
    session.execute(
        update(Delivery).where(Delivery.id == mail["deliveries"][0]["id"]).values(values)
    )
    session.commit()


@pytest.mark.parametrize("by", ["the rule", "a person"])
def test_second_copy_goes_to_the_same_provider_once_and_is_marked(
    installation, session, smtp_server, provider, make_smtp_server, post, wait_for, by
):
    other = make_smtp_server()
    smtp_server.drop("final", times=1)
    mail = post()
    installation.worker()
    found = wait_for(mail, DeliveryState.UNCONFIRMED)
    a_provider(session, name="other", port=other.port)
    provider.position = 9
    trust_again(session, provider.id)

    if by == "a person":
        wish = Wish(Choice.SEND_AGAIN, "ada@house.test", datetime.now(UTC))
        carry_out(session, EVERYTHING, wish, ids=[found.id])
        notify(session)
        session.commit()
    else:
        decide_now(session, mail)
    found = wait_for(mail, DeliveryState.SENT)

    assert found.copies == 1
    assert [item.is_copy for item in attempts_of(session, mail)] == [False, True]
    assert len({mail.message_id for mail in smtp_server.mails}) == 1
    assert (len(smtp_server.mails), other.mails) == (2, [])


def test_cancelled_mail_is_never_sent(
    installation, session, smtp_server, provider, call, post, wait_for, delivery
):
    smtp_server.answers("rcpt", "450 4.2.0 Come back later", times=1)
    installation.worker()
    deferred = post("deferred@contoso.test")
    wait_for(deferred, DeliveryState.DEFERRED)
    due_at = datetime.now(UTC) + 3 * SECOND
    queued = post("queued@contoso.test", send_at=due_at.isoformat())
    held = post("held@contoso.test", send_at=due_at.isoformat())
    wish = Wish(Choice.HOLD, "ada@house.test", datetime.now(UTC))
    carry_out(session, EVERYTHING, wish, ids=[held["deliveries"][0]["id"]])
    session.commit()

    for mail in (deferred, queued, held):
        assert call(f"/{mail['id']}/cancellations", status=200)["status"] == "cancelled"
    until(lambda: datetime.now(UTC) > due_at)
    wait_for(post("now@contoso.test"), DeliveryState.SENT)

    for mail in (deferred, queued, held):
        assert delivery(mail).state is DeliveryState.CANCELLED
        call(f"/{mail['id']}/cancellations", status=200)
    assert [mail.recipients for mail in smtp_server.mails] == [("now@contoso.test",)]


def test_each_mail_is_cancelled_or_sent_and_never_both(
    installation, session, smtp_server, provider, post, delivery
):
    installation.worker()
    mails, cancelled = [], set()
    for number in range(60):
        mails.append(post(f"kim{number}@contoso.test"))
        wish = Wish(Choice.CANCEL, "ada@house.test", datetime.now(UTC))
        moved = carry_out(session, EVERYTHING, wish, ids=[mails[-1]["deliveries"][0]["id"]])
        session.commit()
        cancelled |= {item.id for item in moved}
    until(lambda: all(delivery(mail).ended_at for mail in mails), timeout_s=40)

    sent = [recipient for mail in smtp_server.mails for recipient in mail.recipients]
    found = [delivery(mail) for mail in mails]
    assert {item.id for item in found if item.state is DeliveryState.CANCELLED} == cancelled
    assert sorted(sent) == sorted(item.recipient for item in found if item.id not in cancelled)
    assert {item.state for item in found} <= {DeliveryState.CANCELLED, DeliveryState.SENT}
