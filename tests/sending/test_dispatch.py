"""One message's round over its chain, with real servers and a real database."""

import asyncio
from datetime import timedelta

from panel.domain.delivery import DeliveryState
from panel.domain.provider import ServiceType
from panel.sending.desk import Desk
from panel.sending.snapshot import Snapshot
from tests.factories.mail import a_delivery, a_message
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.sending.surroundings import RememberingDesk, state, tried
from tests.storage.queue.holding import log_of, row

HOUR = timedelta(hours=1)


def test_a_message_to_many_leaves_in_one_transaction_with_an_outcome_for_each(
    session, smtp_server, mail, rounds
):
    a_provider(session, port=smtp_server.port)
    names = [f"kim+{number}@contoso.test" for number in range(20)]
    first = mail(*names, "reply-550-5.1.1@contoso.test")

    rounds()

    (taken,) = smtp_server.mails
    assert taken.recipients == tuple(names)
    states = [state(session, first + place) for place in range(21)]
    assert states == [DeliveryState.SENT] * 20 + [DeliveryState.FAILED]


def test_a_server_that_takes_few_recipients_at_a_time_gets_them_in_turns(
    session, smtp_server, mail, rounds
):
    a_provider(session, port=smtp_server.port)
    smtp_server.answers("rcpt", "452 4.5.3 Too many recipients", times=6)
    first = mail(*(f"kim+{number}@contoso.test" for number in range(8)))

    rounds()

    assert {state(session, first + place) for place in range(8)} == {DeliveryState.SENT}
    everybody = [name for taken in smtp_server.mails for name in taken.recipients]
    assert sorted(everybody) == sorted(f"kim+{number}@contoso.test" for number in range(8))


def test_a_server_that_always_wants_fewer_recipients_loses_the_mail_to_the_next(
    session, make_smtp_server, mail, rounds
):
    first, second = make_smtp_server(), make_smtp_server()
    first.answers("rcpt", "452 4.5.3 Too many recipients")
    a_provider(session, port=first.port, name="first")
    a_provider(session, port=second.port, name="second")
    identifier = mail()

    rounds()

    assert state(session, identifier) is DeliveryState.SENT
    assert first.verbs.count("RCPT") == 3
    assert len(second.mails) == 1


def test_a_partners_own_providers_come_first_then_the_houses(
    session, make_smtp_server, mail, rounds
):
    own, house = make_smtp_server(), make_smtp_server()
    partner = a_partner(session)
    a_provider(session, port=house.port, name="house")
    a_provider(session, port=own.port, name="own", partner_id=partner.id)
    own.answers("banner", "421 4.3.2 Busy", times=1)
    identifier = mail(message={"partner_id": partner.id})

    rounds()

    assert state(session, identifier) is DeliveryState.SENT
    assert tried(session, identifier) == [("own", "server_busy"), ("house", "accepted")]


def test_a_partner_that_may_not_use_the_house_has_its_mail_held(session, smtp_server, mail, rounds):
    partner = a_partner(session, may_use_house=False)
    a_provider(session, port=smtp_server.port, name="house")
    identifier = mail(message={"partner_id": partner.id})

    rounds()

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.HELD, "no_route")
    assert "house_not_allowed" in found.said
    assert found.route[0]["skip"] == "house_not_allowed"
    assert smtp_server.mails == []


def test_a_fallback_is_tried_after_the_primaries_and_the_route_tells_it_all(
    session, make_smtp_server, mail, rounds
):
    broken, healthy = make_smtp_server(), make_smtp_server()
    broken.stop()
    a_provider(session, port=healthy.port, name="spare", service_type=ServiceType.FALLBACK)
    a_provider(session, port=broken.port, name="main")
    a_provider(session, port=1, name="asleep", is_active=False)
    identifier = mail()

    rounds()

    found = row(session, identifier)
    assert [(stop["name"], stop["skip"]) for stop in found.route] == [
        ("main", None),
        ("asleep", "not_active"),
        ("spare", None),
    ]
    assert found.attempts == 2


def test_a_message_whose_recipients_must_go_different_ways_goes_each_way_once(
    session, make_smtp_server, mail, rounds, clock
):
    first, second = make_smtp_server(), make_smtp_server()
    a_provider(session, port=first.port)
    greylister = a_provider(session, port=second.port)
    message = a_message(session, created_at=clock)
    for name, sticky in [("a", None), ("b", greylister.id), ("c", None), ("d", greylister.id)]:
        a_delivery(
            session,
            message,
            recipient=f"{name}@contoso.test",
            sticky_provider_id=sticky,
            expires_at=clock + HOUR,
        )

    rounds()

    assert [taken.recipients for taken in first.mails] == [("a@contoso.test", "c@contoso.test")]
    assert [taken.recipients for taken in second.mails] == [("b@contoso.test", "d@contoso.test")]


def test_a_copy_waits_for_its_provider_rather_than_go_another_way(
    session, make_smtp_server, mail, rounds
):
    first, second = make_smtp_server(), make_smtp_server()
    first.stop()
    provider = a_provider(session, port=first.port)
    a_provider(session, port=second.port)
    identifier = mail(copies=1, sticky_provider_id=provider.id)

    rounds()

    found = row(session, identifier)
    assert found.state is DeliveryState.DEFERRED
    assert found.sticky_provider_id == provider.id
    assert second.mails == []
    (attempt,) = log_of(session, identifier)
    assert attempt.is_copy


def test_a_mail_that_became_too_late_in_the_workers_hands_goes_back_unsent(
    session, smtp_server, mail, rounds, clock
):
    class LateDesk(Desk):
        def now(self):
            return clock + HOUR

    a_provider(session, port=smtp_server.port)
    identifier = mail(rule="greylisted", said="451 Later", expires_at=clock + HOUR)

    rounds(make_desk=LateDesk)

    found = row(session, identifier)
    assert (found.state, found.rule) == (DeliveryState.QUEUED, "greylisted")
    assert smtp_server.mails == []
    assert log_of(session, identifier) == []


def test_a_worker_that_stops_gives_back_what_it_has_not_begun(
    session, make_smtp_server, mail, rounds
):
    server = make_smtp_server()
    a_provider(session, port=server.port)
    made = [mail(f"kim+{number}@contoso.test") for number in range(30)]
    server.delay("final", 0.3)

    async def stop(desk: Desk) -> None:
        await asyncio.to_thread(server.wait_for_command, "DATA", count=10)
        desk.lines.stop()

    rounds(stop)

    sent = [item for item in made if state(session, item) is DeliveryState.SENT]
    given_back = [item for item in made if state(session, item) is DeliveryState.QUEUED]
    assert len(server.mails) == len(sent)
    assert 10 <= len(sent) <= 20, "On the wire, or named to the server as the next one."
    assert len(sent) + len(given_back) == len(made)
    assert {row(session, item).attempts for item in given_back} == {0}
    assert [log_of(session, item) for item in given_back] == [[] for _ in given_back]


def test_a_provider_that_is_deleted_while_its_mail_is_on_the_wire_harms_nobody(
    session, make_smtp_server, mail, rounds
):
    leaving, staying = make_smtp_server(), make_smtp_server()
    gone = a_provider(session, port=leaving.port)
    a_provider(session, port=staying.port)
    on_the_wire = [mail(f"slow-300+{number}@contoso.test") for number in range(10)]
    waiting = mail()

    async def delete(desk: RememberingDesk) -> None:
        await asyncio.to_thread(leaving.wait_for_command, "DATA", count=10)
        left = tuple(item for item in desk.snapshot.members if item.provider.id != gone.id)
        desk.roster.renew(Snapshot(left))

    rounds(delete, make_desk=RememberingDesk)

    assert {state(session, identifier) for identifier in on_the_wire} == {DeliveryState.SENT}
    assert state(session, waiting) is DeliveryState.SENT
    assert (len(leaving.mails), len(staying.mails)) == (10, 1)


def test_a_mail_whose_body_was_removed_fails_alone_and_is_never_sent_empty(
    session, smtp_server, mail, rounds
):
    a_provider(session, port=smtp_server.port)
    empty, whole = mail(message={"content_digest": None}), mail()

    rounds()

    found = row(session, empty)
    assert (found.state, found.rule) == (DeliveryState.FAILED, "mail_not_built")
    assert "removed" in found.said
    assert state(session, whole) is DeliveryState.SENT
    assert len(smtp_server.mails) == 1
