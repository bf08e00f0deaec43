"""A worker among others: what it takes up, what it leaves, how it ends, and what outlives it."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from panel.domain.delivery import DeliveryState, Stream
from panel.storage.models import Delivery, ProviderHealth
from panel.storage.models import Worker as WorkerRow
from panel.storage.queue.wakeup import notify
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.workers import a_worker
from tests.sending.surroundings import all_are, state, tried
from tests.storage.queue.holding import log_of, row

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


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


def test_a_stopping_worker_gives_back_at_once_what_waits_for_a_connection(
    engine, session, vault, smtp_server, accept, monkeypatch
):
    """Even what was marked early: none of it was handed over."""
    monkeypatch.setattr("panel.sending.worker.GOODBYE_S", 0.3)
    a_provider(session, port=smtp_server.port)
    smtp_server.stall("final")
    made = [accept(f"kim+{number}@contoso.test")[0] for number in range(30)]

    with a_worker(engine, vault):
        smtp_server.wait_for(10)

    states = Counter(state(session, identifier) for identifier in made)
    assert states == {DeliveryState.UNCONFIRMED: 10, DeliveryState.QUEUED: 20}


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
