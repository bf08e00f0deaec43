"""A worker among others: what it takes up, what it leaves, how it ends, and what outlives it."""

import asyncio
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from panel.sending.submit import submit
from panel.sending.worker import LeaseLost, Surroundings, Worker
from panel.storage.models import Delivery, Provider, ProviderHealth
from panel.storage.models import Worker as WorkerRow
from panel.storage.queue import leases
from panel.storage.queue.rescue import RESCUED_TOO_OFTEN
from panel.storage.queue.wakeup import notify
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import EGRESS, state, tried
from tests.storage.queue.holding import log_of, row

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def accept(session):
    """Submits a mail, commits, and gives the ids of its deliveries."""

    def accept(*recipients: str, at: datetime | None = None, **overrides) -> list[int]:
        values = {
            "stream": Stream.SYSTEM,
            "to": tuple(Mailbox(item) for item in recipients or ("kim@contoso.test",)),
            "subject": "Your code",
            "source": "api",
            "text": "It is 4711.",
        }
        mail = Submission(**(values | overrides))
        accepted = submit(session, mail, now=at or datetime.now(UTC))
        session.commit()
        return [item.id for item in accepted.deliveries]

    return accept


@pytest.fixture
def often(monkeypatch):
    """Caretakers come round every few milliseconds."""
    monkeypatch.setattr(leases, "RENEWAL_S", 0.05)


def all_are(session, identifiers, wanted: DeliveryState) -> bool:
    return all(state(session, identifier) is wanted for identifier in identifiers)


def make_due(session) -> None:
    """As a person does who does not want to wait."""
    session.execute(update(Delivery).values(next_attempt_at=datetime.now(UTC)))
    notify(session)
    session.commit()


def test_a_mail_for_later_is_not_sent_before_its_time(engine, session, vault, smtp_server, accept):
    a_provider(session, port=smtp_server.port)
    session.commit()
    due_at = datetime.now(UTC) + timedelta(seconds=1.5)

    with a_worker(engine, vault):
        later = accept("later@contoso.test", send_at=due_at)
        now = accept("now@contoso.test")
        until(lambda: all_are(session, later + now, DeliveryState.SENT))

    assert [mail.recipients for mail in smtp_server.mails] == [
        ("now@contoso.test",),
        ("later@contoso.test",),
    ]
    assert smtp_server.mails[1].at >= due_at


def test_a_mail_that_is_too_late_is_never_sent_and_ends_expired(
    engine, session, vault, smtp_server, accept, often
):
    a_provider(session, port=smtp_server.port)
    past = datetime.now(UTC) - HOUR
    late = accept("late@contoso.test", at=past, expires_at=past + MINUTE)
    timely = accept("timely@contoso.test")

    with a_worker(engine, vault):
        until(lambda: all_are(session, timely, DeliveryState.SENT))
        until(lambda: all_are(session, late, DeliveryState.EXPIRED))

    assert [mail.recipients for mail in smtp_server.mails] == [("timely@contoso.test",)]


def test_a_mail_that_was_cancelled_before_its_claim_is_not_sent(
    engine, session, vault, smtp_server, accept
):
    a_provider(session, port=smtp_server.port)
    cancelled, wanted = accept("no@contoso.test"), accept("yes@contoso.test")
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(cancelled))
        .values(state=DeliveryState.CANCELLED, next_attempt_at=None)
    )
    session.commit()

    with a_worker(engine, vault):
        until(lambda: all_are(session, wanted, DeliveryState.SENT))

    assert [mail.recipients for mail in smtp_server.mails] == [("yes@contoso.test",)]
    assert all_are(session, cancelled, DeliveryState.CANCELLED)


def test_two_workers_share_a_queue_and_send_everything_exactly_once(
    engine, session, vault, make_smtp_server, accept
):
    servers = [make_smtp_server() for _ in range(2)]
    a_provider(session, port=servers[0].port, per_day=70)
    a_provider(session, port=servers[1].port)
    everybody = [f"kim+{number}@contoso.test" for number in range(120)]
    made = [accept(address)[0] for address in everybody]

    with a_worker(engine, vault), a_worker(engine, vault):
        until(lambda: all_are(session, made, DeliveryState.SENT), timeout_s=60)

    arrived = Counter(mail.recipients[0] for server in servers for mail in server.mails)
    assert arrived == Counter(everybody)
    assert len(servers[0].mails) == 70
    assert all(len(log_of(session, identifier)) == 1 for identifier in made)


def test_a_message_with_many_recipients_leaves_in_one_transaction(
    engine, session, vault, smtp_server, accept
):
    a_provider(session, port=smtp_server.port)
    recipients = [f"kim+{number}@contoso.test" for number in range(50)]
    made = accept(*recipients)

    with a_worker(engine, vault):
        until(lambda: all_are(session, made, DeliveryState.SENT))

    (mail,) = smtp_server.mails
    assert sorted(mail.recipients) == sorted(recipients)


def test_a_stopping_worker_finishes_what_is_on_the_wire_and_gives_back_the_rest(
    engine, session, vault, smtp_server, accept
):
    a_provider(session, port=smtp_server.port)
    smtp_server.delay("final", 0.5)
    made = [accept(f"kim+{number}@contoso.test")[0] for number in range(30)]

    with a_worker(engine, vault):
        smtp_server.wait_for(10)

    states = Counter(state(session, identifier) for identifier in made)
    assert set(states) <= {DeliveryState.SENT, DeliveryState.QUEUED}
    assert states[DeliveryState.SENT] == len(smtp_server.mails)
    assert {row(session, identifier).rescues for identifier in made} == {0}
    assert session.scalars(select(WorkerRow)).all() == []


def test_what_was_not_finished_in_time_is_left_in_doubt_or_goes_back(
    engine, session, vault, make_smtp_server, accept, monkeypatch
):
    monkeypatch.setattr("panel.sending.worker.GOODBYE_S", 0.2)
    silent, deaf = make_smtp_server(), make_smtp_server()
    silent.stall("final")
    deaf.stall("data")
    a_provider(session, port=silent.port, account_types=["system"])
    a_provider(session, port=deaf.port, account_types=["crm"])
    (handed_over,), (offered,) = accept(), accept(stream=Stream.CRM)

    with a_worker(engine, vault):
        silent.wait_for(1)
        deaf.wait_for_command("DATA")

    assert state(session, handed_over) is DeliveryState.UNCONFIRMED
    assert state(session, offered) is DeliveryState.QUEUED
    assert row(session, offered).rescues == 0
    assert tried(session, offered)[0][1] == "worker_ended"


def test_a_recovered_provider_gets_the_mail_that_was_held_for_it(
    engine, session, vault, smtp_server, accept
):
    a_provider(session, port=smtp_server.port)
    session.commit()
    smtp_server.drop("banner", times=1)
    with a_worker(engine, vault):
        first = accept("first@contoso.test")
        until(lambda: all_are(session, first, DeliveryState.DEFERRED))
        held = [accept(f"kim+{number}@contoso.test")[0] for number in range(5)]
        until(lambda: all_are(session, held, DeliveryState.HELD))

        now = datetime.now(UTC)
        session.execute(update(ProviderHealth).values(retry_at=now))
        session.execute(update(Delivery).where(Delivery.id == held[0]).values(next_attempt_at=now))
        notify(session)
        session.commit()
        until(lambda: all_are(session, held, DeliveryState.SENT))

    assert state(session, first[0]) is DeliveryState.DEFERRED


@pytest.fixture
def a_broken_row(session, smtp_server):
    """A provider whose row somebody has spoilt by hand."""
    provider = a_provider(session, port=smtp_server.port)
    session.commit()
    session.execute(text("UPDATE providers SET domains = 'null'"))
    session.commit()
    return provider.id


def test_a_round_that_breaks_gives_its_mail_back_with_the_reason(
    engine, session, vault, smtp_server, accept, a_broken_row
):
    (identifier,) = accept()

    with a_worker(engine, vault):
        until(lambda: row(session, identifier).rescues == 1)

        found = row(session, identifier)
        assert (found.state, found.claim_token) == (DeliveryState.QUEUED, None)
        assert found.next_attempt_at is not None
        assert found.next_attempt_at > datetime.now(UTC)

        session.execute(update(Provider).values(domains=[]))
        make_due(session)
        until(lambda: state(session, identifier) is DeliveryState.SENT)

    assert len(smtp_server.mails) == 1


def test_a_mail_whose_rounds_always_break_ends_held(engine, session, vault, accept, a_broken_row):
    (identifier,) = accept()

    with a_worker(engine, vault):
        until(lambda: row(session, identifier).rescues == 1)
        make_due(session)
        until(lambda: row(session, identifier).rescues == 2)
        make_due(session)
        until(lambda: row(session, identifier).rescues == 3)

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.HELD, RESCUED_TOO_OFTEN)
    assert "TypeError" in found.said


def test_a_worker_that_others_took_for_dead_ends_and_leaves_its_mail_to_them(
    engine, session, vault, smtp_server, accept, often
):
    a_provider(session, port=smtp_server.port)
    smtp_server.stall("data")
    (identifier,) = accept()
    worker = Worker(Surroundings(engine, vault, EGRESS, "localhost"))

    def take_for_dead() -> None:
        smtp_server.wait_for_command("DATA")
        until(lambda: len(log_of(session, identifier)) == 1)
        session.execute(update(WorkerRow).values(lease_until=datetime.now(UTC) - HOUR))
        session.commit()

    other = threading.Thread(target=take_for_dead)

    with pytest.raises(LeaseLost):
        asyncio.run(worker.run(on_ready=other.start))
    other.join()

    assert smtp_server.mails == []
    assert state(session, identifier) in {DeliveryState.SENDING, DeliveryState.QUEUED}
    smtp_server.heal()
    with a_worker(engine, vault):
        until(lambda: state(session, identifier) is DeliveryState.SENT)
    assert [rule for _, rule in tried(session, identifier)] == ["worker_ended", "accepted"]
