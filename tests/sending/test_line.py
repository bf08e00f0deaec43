"""The way to one provider: connections are shared, kept while they are good, and bounded."""

from datetime import timedelta

import pytest

from panel.domain.delivery import DeliveryState, Stream
from panel.sending import line
from panel.sending.desk import Desk
from panel.sending.dispatch import Dispatch
from panel.sending.snapshot import Snapshot
from tests.factories.providers import a_provider
from tests.sending.surroundings import RememberingDesk, a_snapshot, soon, state, tried
from tests.storage.queue.holding import row, take

SYSTEM, CAMPAIGN = {"stream": Stream.SYSTEM}, {"stream": Stream.CAMPAIGNS}
LATER = timedelta(days=1)


@pytest.fixture
def send_with(session, mail, clock):
    """Carries one more mail on a desk that is at work; its delivery."""

    async def send_with(desk: Desk, *recipients: str) -> int:
        identifier = mail(*recipients)
        session.commit()
        (message,) = take(session, token=f"token-{identifier}", now=clock)
        await Dispatch(desk, message, f"token-{identifier}").run()
        return identifier

    return send_with


async def nothing_left(server) -> None:
    """Returns once the server has no connection any more."""
    await soon(lambda: server.open_connections == 0)


def test_mails_one_after_another_share_a_connection(session, smtp_server, rounds, send_with):
    a_provider(session, port=smtp_server.port)

    async def act(desk: Desk) -> None:
        for _ in range(3):
            await send_with(desk)

    rounds(act)

    assert len(smtp_server.mails) == 3
    assert smtp_server.connections == 1
    assert smtp_server.verbs.count("QUIT") == 1


def test_mails_that_come_together_are_named_to_the_server_ahead(session, smtp_server, mail, rounds):
    """The envelope of the next mail goes out with the end of the one before."""
    a_provider(session, port=smtp_server.port)
    made = [mail(f"kim+{number}@contoso.test") for number in range(30)]

    rounds(connections=1)

    assert {state(session, item) for item in made} == {DeliveryState.SENT}
    assert smtp_server.connections == 1
    assert [tried(session, item) for item in made] == [[("provider-1", "accepted")]] * 30


def test_no_more_connections_are_opened_than_allowed(session, smtp_server, mail, rounds):
    a_provider(session, port=smtp_server.port)
    for number in range(12):
        mail(f"slow-5+{number}@contoso.test")

    rounds(connections=4)

    assert len(smtp_server.mails) == 12
    assert smtp_server.connections == 4


def test_a_connection_is_kept_free_for_system_mail(session, smtp_server, mail, rounds):
    """Every other one waits for the server when the system mail comes."""
    a_provider(session, port=smtp_server.port)
    slow = [mail(f"slow-5000+{number}@contoso.test", message=CAMPAIGN) for number in range(10)]
    urgent = mail("urgent@contoso.test")

    async def look(desk: Desk) -> None:
        await soon(lambda: state(session, urgent) is DeliveryState.SENT)
        assert {state(session, item) for item in slow} == {DeliveryState.SENDING}
        smtp_server.stop()

    rounds(look, connections=4)


def test_a_slow_provider_does_not_hold_up_the_mail_of_another(
    session, make_smtp_server, mail, rounds
):
    stuck, quick = make_smtp_server(), make_smtp_server()
    stuck.stall("final")
    a_provider(session, port=stuck.port, account_types=["campaigns"])
    a_provider(session, port=quick.port, account_types=["system"])
    for number in range(50):
        mail(f"kim+{number}@contoso.test", message=CAMPAIGN)
    made = [mail(f"lou+{number}@contoso.test", message=SYSTEM) for number in range(20)]

    async def look(desk: Desk) -> None:
        await soon(lambda: {state(session, item) for item in made} == {DeliveryState.SENT})
        stuck.stop()

    rounds(look)

    assert len(quick.mails) == 20


def test_an_unused_connection_is_closed_after_a_while(
    session, smtp_server, rounds, send_with, monkeypatch
):
    monkeypatch.setattr(line, "IDLE_S", 0.05)
    provider = a_provider(session, port=smtp_server.port).id

    async def act(desk: Desk) -> None:
        await send_with(desk)
        await nothing_left(smtp_server)
        await soon(lambda: not desk.lines.to(provider, desk).is_used)
        await send_with(desk)

    rounds(act)

    assert smtp_server.connections == 2
    assert smtp_server.verbs.count("QUIT") == 2


def test_other_settings_get_another_connection_and_the_former_one_is_closed(
    session, make_smtp_server, vault, rounds, send_with
):
    first, second = make_smtp_server(), make_smtp_server()
    provider = a_provider(session, port=first.port)

    async def act(desk: RememberingDesk) -> None:
        await send_with(desk)
        provider.port = second.port
        provider.updated_at += LATER
        session.add(provider)
        session.commit()
        desk.roster.renew(a_snapshot(session, vault))
        await send_with(desk)
        await nothing_left(first)
        assert second.open_connections == 1

    rounds(act, make_desk=RememberingDesk)

    assert (len(first.mails), len(second.mails)) == (1, 1)


def test_a_connection_that_the_server_closed_meanwhile_is_not_used(
    session, smtp_server, rounds, send_with
):
    a_provider(session, port=smtp_server.port)

    async def act(desk: Desk) -> None:
        await send_with(desk)
        smtp_server.stop()
        smtp_server.start()
        await nothing_left(smtp_server)
        identifier = await send_with(desk)
        assert len(tried(session, identifier)) == 1

    rounds(act)

    assert smtp_server.connections == 2


def test_one_stale_connection_takes_its_fellows_with_it(
    session, smtp_server, mail, rounds, send_with
):
    a_provider(session, port=smtp_server.port)
    made = [mail(f"slow-50+{number}@contoso.test") for number in range(4)]

    async def act(desk: Desk) -> None:
        await soon(lambda: {state(session, item) for item in made} == {DeliveryState.SENT})
        smtp_server.answers("mail", "421 4.4.2 Idle too long", times=1)
        identifier = await send_with(desk)
        assert [rule for _name, rule in tried(session, identifier)][-1] == "accepted"

    rounds(act)

    assert smtp_server.connections == 5


def test_a_server_that_ends_each_connection_after_some_mails_gets_them_all(
    session, smtp_server, mail, rounds
):
    """Mail that was named to it already goes over the next connection, and only once."""
    a_provider(session, port=smtp_server.port)
    smtp_server.leave("final")
    made = [mail(f"kim+{number}@contoso.test") for number in range(20)]

    rounds(connections=3)

    assert {state(session, item) for item in made} == {DeliveryState.SENT}
    assert len(smtp_server.mails) == 20


def test_what_waits_when_the_provider_breaks_leaves_no_trace_of_a_try(
    session, make_smtp_server, mail, rounds
):
    """Marked to go next, but never offered: only those that were tried stand in the log."""
    breaking, healthy = make_smtp_server(), make_smtp_server()
    a_provider(session, port=breaking.port, name="breaking")
    a_provider(session, port=healthy.port, name="healthy")
    breaking.answers("mail", "421 4.3.2 Shutting down")
    made = [mail(f"kim+{number}@contoso.test") for number in range(60)]

    rounds(connections=3)

    assert {state(session, item) for item in made} == {DeliveryState.SENT}
    ways = [tried(session, item) for item in made]
    assert sum(way == [("healthy", "accepted")] for way in ways) >= 50
    assert all(way[-1] == ("healthy", "accepted") for way in ways)
    assert {row(session, item).attempts for item in made} <= {1, 2}


def test_a_provider_that_is_gone_leaves_its_line_unused(session, smtp_server, rounds, send_with):
    provider = a_provider(session, port=smtp_server.port).id

    async def act(desk: Desk) -> None:
        await send_with(desk)
        desk.roster.renew(Snapshot())
        held = await send_with(desk)
        assert state(session, held) is DeliveryState.HELD
        assert desk.lines.to(provider, desk).in_hand(0) == 0

    rounds(act)


def test_a_provider_that_is_back_gets_mail_though_other_mail_was_named_to_it_before(
    session, smtp_server, mail, rounds, send_with
):
    """It was switched off while its connections waited for mail that then did not come."""
    a_provider(session, port=smtp_server.port)
    made = [mail(f"slow-200+{number}@contoso.test") for number in range(4)]

    async def act(desk: RememberingDesk) -> None:
        await soon(lambda: len(smtp_server.mails) == 2)
        desk.roster.renew(Snapshot())
        await soon(lambda: {state(session, item) for item in made[2:]} == {DeliveryState.HELD})
        desk.roster.renew(desk.snapshot)
        for _ in range(2):
            identifier = await send_with(desk)
            assert tried(session, identifier) == [("provider-1", "accepted")]

    rounds(act, make_desk=RememberingDesk, connections=2)

    assert len(smtp_server.mails) == 4


def test_mail_that_has_to_be_offered_again_leaves_its_place_to_others(
    session, smtp_server, rounds, send_with
):
    """One connection has one place for a mail in doubt: a lost place would stop the line."""
    a_provider(session, port=smtp_server.port)

    async def act(desk: Desk) -> None:
        for _ in range(3):
            await send_with(desk)
            smtp_server.answers("mail", "421 4.4.2 Idle too long", times=1)
        identifier = await send_with(desk)
        assert [rule for _name, rule in tried(session, identifier)][-1] == "accepted"

    rounds(act, connections=1)

    assert len(smtp_server.mails) == 4
