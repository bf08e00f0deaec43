"""Connections are used again while they are good, and closed when nobody needs them."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from panel.domain.outcome import Move
from panel.sending.lines import Line, Lines
from tests.sending.surroundings import a_parcel, an_account, open_gate, soon


async def nothing_left(server) -> None:
    """Returns once the server has no connection any more."""
    await soon(lambda: server.open_connections == 0)


def run(act: Callable[[Lines], Awaitable[object]], *, connections: int = 10) -> object:
    """Runs `act` with lines and closes them."""

    async def whole() -> object:
        lines = Lines(connections=connections)
        try:
            return await act(lines)
        finally:
            await lines.close()

    return asyncio.run(whole())


async def send(line: Line, *recipients: str, gate=open_gate) -> list[Move]:
    outcomes = await line.send(a_parcel(*recipients), gate)
    return [outcome.move for outcome in outcomes]


def test_mails_one_after_another_share_a_connection(smtp_server):
    async def act(lines):
        for _ in range(3):
            assert await send(lines.to(1, an_account(smtp_server.port))) == [Move.SENT]

    run(act)

    assert len(smtp_server.mails) == 3
    assert smtp_server.connections == 1
    assert smtp_server.verbs.count("QUIT") == 1


def test_mails_at_the_same_time_have_connections_of_their_own(smtp_server):
    async def act(lines):
        line = lines.to(1, an_account(smtp_server.port))
        await asyncio.gather(*(send(line, f"slow-50+{number}@contoso.test") for number in range(3)))

    run(act)

    assert smtp_server.connections == 3


def test_no_more_mails_are_on_their_way_to_a_provider_than_there_are_slots(smtp_server):
    most = [0]
    present = [0]

    async def one(lines, number):
        async with lines.slot(1):
            present[0] += 1
            most[0] = max(most[0], present[0])
            await send(lines.to(1, an_account(smtp_server.port)), f"slow-5+{number}@contoso.test")
            present[0] -= 1

    async def act(lines):
        await asyncio.gather(*(one(lines, number) for number in range(12)))

    run(act, connections=4)

    assert most == [4]
    assert len(smtp_server.mails) == 12
    assert smtp_server.connections <= 4


def test_a_busy_provider_leaves_the_slots_of_another_alone():
    lines = Lines(connections=1)

    assert lines.slot(1) is lines.slot(1)
    assert lines.slot(1) is not lines.slot(2)


def test_a_server_that_cannot_be_reached_is_an_outcome_for_every_recipient(make_smtp_server):
    server = make_smtp_server()
    server.stop()

    async def act(lines):
        return await send(lines.to(1, an_account(server.port)), "a@x.test", "b@x.test")

    assert run(act) == [Move.NEXT, Move.NEXT]


def test_an_unused_connection_is_closed_after_a_while(smtp_server):
    async def act(lines):
        line = lines.to(1, an_account(smtp_server.port))
        await send(line)
        lines.close_idle()
        assert smtp_server.open_connections == 1
        line.close_idle(older_than_s=0)
        await nothing_left(smtp_server)
        assert not line.is_used

    run(act)


def test_other_settings_get_other_connections_and_the_former_ones_are_closed(make_smtp_server):
    first, second = make_smtp_server(), make_smtp_server()

    async def act(lines):
        await send(lines.to(1, an_account(first.port)))
        await send(lines.to(1, an_account(second.port)))
        lines.close_idle()
        await nothing_left(first)
        lines.close_idle()
        assert second.open_connections == 1

    run(act)

    assert (len(first.mails), len(second.mails)) == (1, 1)


def test_a_line_that_was_given_up_finishes_what_is_on_it(make_smtp_server):
    first, second = make_smtp_server(), make_smtp_server()

    async def act(lines):
        sending = asyncio.create_task(
            send(lines.to(1, an_account(first.port)), "slow-200@contoso.test")
        )
        await asyncio.to_thread(first.wait_for_command, "DATA")
        await send(lines.to(1, an_account(second.port)))
        lines.close_idle()
        assert await sending == [Move.SENT]
        lines.close_idle()
        await nothing_left(first)

    run(act)

    assert len(first.mails) == 1


def test_given_up_lines_are_forgotten(smtp_server):
    async def act(lines):
        for number in range(20):
            await send(lines.to(1, an_account(smtp_server.port, client_name=f"host{number}.test")))
            lines.close_idle()
        for line in lines._given_up:
            await line.close()
        lines.close_idle()
        return len(lines._given_up)

    assert run(act) == 0


def test_a_connection_that_the_server_closed_meanwhile_is_not_used(smtp_server):
    async def act(lines):
        line = lines.to(1, an_account(smtp_server.port))
        await send(line)
        smtp_server.stop()
        smtp_server.start()
        await soon(lambda: not any(connection.is_usable for _, connection in line._idle))
        return await send(line)

    assert run(act) == [Move.SENT]
    assert smtp_server.connections == 2


def test_one_stale_connection_takes_its_older_fellows_with_it(smtp_server):
    async def act(lines):
        line = lines.to(1, an_account(smtp_server.port))
        await asyncio.gather(*(send(line, f"slow-50+{number}@contoso.test") for number in range(4)))
        smtp_server.answers("mail", "421 4.4.2 Idle too long", times=1)
        assert await send(line) == [Move.AGAIN]
        assert await send(line) == [Move.SENT]

    run(act)

    assert smtp_server.connections == 5


def test_a_mail_that_is_cut_short_leaves_no_connection_behind(smtp_server):
    async def act(lines):
        line = lines.to(1, an_account(smtp_server.port))
        smtp_server.stall("data")
        sending = asyncio.create_task(send(line))
        await asyncio.to_thread(smtp_server.wait_for_command, "DATA")
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await nothing_left(smtp_server)
        await line.close()
        assert not line.is_used

    run(act)


def test_a_closed_gate_hands_nothing_over(smtp_server):
    async def closed_gate():
        return False

    async def act(lines):
        await lines.to(1, an_account(smtp_server.port)).send(a_parcel(), closed_gate)

    run(act)

    assert smtp_server.mails == []


def test_closing_waits_for_goodbyes_but_not_for_a_server_that_does_not_answer(smtp_server):
    async def act(lines):
        await send(lines.to(1, an_account(smtp_server.port)))
        smtp_server.stall("quit")

    run(act)

    assert "QUIT" in smtp_server.verbs
