"""Rows of the outcome table that no server leads to, and what is never sent twice by itself."""

from panel.domain.delivery import DeliveryState, Phase, Stream
from panel.sending.upkeep import rescue
from panel.storage.queue.rescue import Holder
from tests.factories.providers import a_provider
from tests.sending.surroundings import state, tried
from tests.storage.queue.holding import WORKER, a_held_delivery, log_of, row


def test_a_worker_that_died_after_the_hand_over_leaves_doubt(session, clock):
    """Row 34."""
    identifier = a_held_delivery(session, phase=Phase.HANDING_OVER, stream=Stream.SYSTEM)

    rescue(session, Holder(WORKER), now=clock)
    session.commit()

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.UNCONFIRMED, "worker_lost")


def test_a_worker_that_died_before_the_hand_over_leaves_none(session, clock):
    """Row 34."""
    identifier = a_held_delivery(session, phase=Phase.CONNECTED)

    rescue(session, Holder(WORKER), now=clock)
    session.commit()

    assert state(session, identifier) is DeliveryState.QUEUED


def test_mail_without_any_provider_waits(session, mail, rounds):
    """Row 35."""
    identifier = mail()

    rounds()

    found = row(session, identifier)
    assert (found.state, found.rule, found.attempts) == (DeliveryState.HELD, "no_route", 0)


def test_what_is_in_doubt_goes_to_nobody_else(session, make_smtp_server, mail, rounds):
    """Rows 30 and 31: the next provider of the chain must not get it."""
    first, second = make_smtp_server(), make_smtp_server()
    first.drop("final")
    a_provider(session, port=first.port)
    a_provider(session, port=second.port)
    identifier = mail()

    rounds()

    assert state(session, identifier) is DeliveryState.UNCONFIRMED
    assert (len(first.mails), len(second.mails)) == (1, 0)


def test_it_has_the_same_message_id_wherever_it_is_offered(session, make_smtp_server, mail, rounds):
    first, second = make_smtp_server(), make_smtp_server()
    first.answers("final", "451 4.3.0 Queue trouble")
    a_provider(session, port=first.port, name="first")
    a_provider(session, port=second.port, name="second")
    identifier = mail()

    rounds()

    assert tried(session, identifier) == [("first", "server_trouble"), ("second", "accepted")]
    (taken,) = second.mails
    assert f"Message-ID: <{row(session, identifier).message_id}@house.test>" in (
        taken.content.decode()
    )


def test_whoever_has_it_already_does_not_get_it_again_when_others_move_on(
    session, make_smtp_server, mail, rounds
):
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port)
    a_provider(session, port=second.port)
    done = mail("kim@contoso.test", "reply-550-5.7.1@contoso.test")

    rounds()

    assert state(session, done) is DeliveryState.SENT
    assert [item.recipients for item in first.mails] == [("kim@contoso.test",)]
    assert second.mails == [], "the other recipient is refused there as well"
    assert [item.provider_name for item in log_of(session, done)] == ["provider-1"]


def test_a_refused_sender_is_remembered_and_not_offered_again(
    session, make_smtp_server, mail, rounds
):
    """Rows 15 and 21: the provider stays in use for all others."""
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port, name="first", domains=["contoso.test", "example.org"])
    a_provider(session, port=second.port, name="second", domains=["contoso.test"])
    from_them = {"from_email": "mail-550-5.1.8@contoso.test"}
    refused = mail(message=from_them)
    rounds()

    again, other = mail(message=from_them), mail(message={"from_email": "lee@contoso.test"})
    rounds()

    assert tried(session, refused)[0] == ("first", "sender_refused")
    assert ("first", "sender_refused") not in tried(session, again)
    assert tried(session, other) == [("first", "accepted")]


def test_a_mail_refused_for_its_size_goes_to_a_provider_with_a_larger_limit(
    session, make_smtp_server, mail, rounds
):
    """Row 16."""
    small, large = make_smtp_server(size=100), make_smtp_server()
    a_provider(session, port=small.port, name="small")
    a_provider(session, port=large.port, name="large")
    identifier = mail()

    rounds()

    assert tried(session, identifier) == [("small", "too_large_announced"), ("large", "accepted")]
    assert "DATA" not in small.verbs
