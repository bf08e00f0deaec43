"""A provider is tried only while it may be: its breaker, its one probe mail, its allowance."""

from datetime import datetime, timedelta

from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState
from panel.domain.outcome import Effect
from panel.storage.models import ProviderHealth, ProviderUsage
from panel.storage.queue import health
from tests.domain.outcomes import an_outcome
from tests.factories.providers import a_provider
from tests.sending.surroundings import state, tried
from tests.storage.queue.holding import row

HOUR = timedelta(hours=1)


def test_a_fault_opens_the_breaker_once_and_spares_the_mails_that_wait_for_a_slot(
    session, make_smtp_server, mail, rounds
):
    broken, healthy = make_smtp_server(), make_smtp_server()
    broken.drop("banner")
    provider = a_provider(session, port=broken.port, name="broken").id
    a_provider(session, port=healthy.port, name="healthy")
    made = [mail(f"kim+{number}@contoso.test") for number in range(40)]

    rounds()

    assert {state(session, identifier) for identifier in made} == {DeliveryState.SENT}
    assert broken.connections <= 10
    breaker = session.get_one(ProviderHealth, provider)
    assert (breaker.state, breaker.failures) == (BreakerState.OPEN, 1)


def open_breaker(session, provider: int, at: datetime) -> None:
    """The provider has failed at that time."""
    health.learn(session, provider, an_outcome(effect=Effect.OPEN), began_at=at, now=at)


def test_of_many_mails_one_tries_whether_a_broken_provider_is_back(
    session, make_smtp_server, mail, rounds, clock
):
    broken, healthy = make_smtp_server(), make_smtp_server()
    broken.drop("banner")
    provider = a_provider(session, port=broken.port, name="broken").id
    a_provider(session, port=healthy.port, name="healthy")
    session.commit()
    open_breaker(session, provider, clock - HOUR)
    made = [mail(f"kim+{number}@contoso.test") for number in range(20)]

    rounds()

    assert broken.connections == 1
    assert {state(session, identifier) for identifier in made} == {DeliveryState.SENT}
    breaker = session.get_one(ProviderHealth, provider)
    assert (breaker.failures, breaker.probe_until) == (2, None)


def test_a_probe_that_the_recipient_refused_lets_the_next_mail_probe_at_once(
    session, smtp_server, mail, rounds, clock
):
    provider = a_provider(session, port=smtp_server.port).id
    session.commit()
    open_breaker(session, provider, clock - HOUR)
    mail("reply-550-5.1.1@contoso.test")

    rounds()

    breaker = session.scalars(select(ProviderHealth)).one()
    assert (breaker.state, breaker.probe_until) == (BreakerState.OPEN, None)
    session.rollback()


def test_the_success_of_a_probe_releases_the_mail_that_was_held(
    session, smtp_server, mail, rounds, clock
):
    provider = a_provider(session, port=smtp_server.port).id
    session.commit()
    open_breaker(session, provider, clock - HOUR)
    held = mail(state=DeliveryState.HELD, rule="no_route", next_attempt_at=clock + HOUR)
    probe = mail()

    rounds()

    assert state(session, probe) is DeliveryState.SENT
    assert row(session, held).next_attempt_at < clock + HOUR
    assert session.scalars(select(ProviderHealth)).one().state is BreakerState.CLOSED


def test_a_mail_that_only_waits_for_a_probe_takes_nothing_from_the_allowance(
    session, smtp_server, mail, rounds, clock
):
    provider = a_provider(session, port=smtp_server.port, per_day=100).id
    session.commit()
    fault = an_outcome(effect=Effect.OPEN, retry_after_s=3600)
    health.learn(session, provider, fault, began_at=clock, now=clock)
    health.take_probe(session, provider, now=clock + HOUR, until=clock + HOUR * 9)
    session.query(ProviderHealth).update({"retry_at": clock})
    made = [mail() for _ in range(5)]

    rounds()

    assert {state(session, identifier) for identifier in made} == {DeliveryState.HELD}
    assert sum(usage.used for usage in session.scalars(select(ProviderUsage))) == 0


def test_an_allowance_is_never_exceeded_by_mails_that_go_at_once(
    session, make_smtp_server, mail, rounds
):
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port, per_day=7)
    a_provider(session, port=second.port)
    for number in range(20):
        mail(f"slow-10+{number}@contoso.test")

    rounds()

    assert (len(first.mails), len(second.mails)) == (7, 13)


def test_a_sender_that_a_provider_refused_is_not_shown_to_it_again(
    session, make_smtp_server, mail, rounds
):
    strict, lenient = make_smtp_server(), make_smtp_server()
    strict.answers("mail", "553 5.7.1 Sender address rejected: not owned by user")
    a_provider(session, port=strict.port, name="strict")
    a_provider(session, port=lenient.port, name="lenient")
    first = mail()
    rounds()
    second = mail()

    rounds()

    assert tried(session, first)[0][0] == "strict"
    assert tried(session, second) == [("lenient", "accepted")]
    assert strict.verbs.count("MAIL") == 1
    states = session.scalars(select(ProviderHealth.state))
    assert set(states) <= {BreakerState.CLOSED}


def test_a_sender_that_everybody_refuses_fails_with_their_words(session, smtp_server, mail, rounds):
    smtp_server.answers("mail", "553 5.7.1 Sender address rejected: not owned by user")
    a_provider(session, port=smtp_server.port, domains=["shop.test"])
    message = {"from_email": "ann@shop.test", "header": b"From: ann@shop.test\r\n"}
    first = mail(message=message)
    rounds()
    second = mail(message=message)

    rounds()

    assert state(session, first) is DeliveryState.FAILED
    found = row(session, second)
    assert (found.state, found.rule) == (DeliveryState.FAILED, "sender_refused")
    assert "not owned by user" in found.said
    assert found.attempts == 0


def test_a_provider_that_refuses_its_own_from_keeps_the_mail_waiting(
    session, smtp_server, mail, rounds
):
    """It is set up wrongly, and a provider's fault never fails a mail."""
    smtp_server.answers("mail", "553 5.7.1 Sender address rejected: not owned by user")
    a_provider(session, port=smtp_server.port)
    first = mail()
    rounds()
    second = mail(message={"from_email": "ann@elsewhere.test", "header": b"From: ann@x.test\r\n"})

    rounds()

    assert state(session, first) is DeliveryState.DEFERRED
    found = row(session, second)
    assert (found.state, found.route[0]["skip"]) == (DeliveryState.HELD, "sender_refused")
