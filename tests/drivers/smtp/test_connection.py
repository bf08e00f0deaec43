"""Connections against the scripted server: what it took, what we think it took, and how fast
everything ends that goes wrong.
"""

import asyncio

import pytest

from panel.domain.outcome import Fault, Move, Stage
from panel.drivers.smtp.connection import SmtpConnection
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import QUICK, an_account, closed, opened, send, send_over
from tests.drivers.smtp.dialogue import a_parcel

BIG = b"x" * 76 + b"\r\n"
BEFORE_THE_DOT = [Stage.MAIL, Stage.RCPT, Stage.DATA]


def test_mail_arrives_as_it_was_given(driver: SmtpDriver, smtp_server):
    parcel = a_parcel("kim@example.net", "lee@example.net", body=b".\r\n..hidden\r\n\r\nend\r\n")

    outcomes = send(driver, an_account(smtp_server.port), parcel)

    (mail,) = smtp_server.mails
    assert mail.content == b"Subject: Hello\r\n\r\n.\r\n..hidden\r\n\r\nend\r\n"
    assert mail.reverse_path == "me@example.org"
    assert mail.recipients == ("kim@example.net", "lee@example.net")
    assert mail.parameters == (f"SIZE={parcel.size}",)
    assert [(o.rule, o.provider_reference) for o in outcomes] == [("accepted", "FAKE000001")] * 2


def test_connection_is_reused_and_ends_with_quit(driver: SmtpDriver, smtp_server):
    send(driver, an_account(smtp_server.port), a_parcel(), a_parcel(), a_parcel())

    assert len(smtp_server.mails) == 3
    smtp_server.wait_for_command("CLOSED")
    assert smtp_server.connections == 1
    assert smtp_server.verbs[-2:] == ["QUIT", "CLOSED"]
    assert smtp_server.verbs.count("RSET") == 0


def test_lockstep_server_gets_one_command_at_a_time(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(pipelining=False)

    outcomes = send(driver, an_account(server.port), a_parcel("kim@x.test", "lee@x.test"))

    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.SENT]


@pytest.mark.parametrize("size", [65_000, 5_000_000])
def test_large_content_arrives_whole(driver: SmtpDriver, smtp_server, size: int):
    body = BIG * (size // len(BIG))

    (outcome,) = send(driver, an_account(smtp_server.port), a_parcel(body=body))

    assert outcome.is_sent
    assert smtp_server.mails[0].content.endswith(body)


def test_recipients_get_their_own_outcomes(driver: SmtpDriver, smtp_server):
    parcel = a_parcel(
        "kim@example.net", "reply-550-5.1.1@example.net", "reply-452-4.5.3@example.net"
    )

    outcomes = send(driver, an_account(smtp_server.port), parcel)

    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.FAIL, Move.AGAIN]
    assert smtp_server.mails[0].recipients == ("kim@example.net",)


def test_refused_mail_leaves_the_connection_for_the_next(driver: SmtpDriver, smtp_server):
    outcomes = send(
        driver,
        an_account(smtp_server.port),
        a_parcel("reply-550-5.1.1@example.net"),
        a_parcel("data-451@example.net"),
        a_parcel("final-554-5.6.0@example.net"),
        a_parcel(reverse_path="mail-550-5.1.8@example.org"),
        a_parcel("kim@example.net"),
    )

    assert [outcome.stage for outcome in outcomes] == [
        Stage.RCPT, Stage.DATA, Stage.FINAL, Stage.MAIL, Stage.FINAL,
    ]  # fmt: skip
    assert outcomes[-1].is_sent
    assert smtp_server.connections == 1


def test_lost_lease_drops_the_connection_without_the_dot(driver: SmtpDriver, smtp_server):
    async def run() -> Fault:
        connection = await driver.connect(an_account(smtp_server.port))
        assert isinstance(connection, SmtpConnection)
        (outcome,) = await connection.send(a_parcel(), closed)
        await asyncio.to_thread(smtp_server.wait_for_command, "CLOSED")
        await connection.close()
        return outcome.fault

    assert asyncio.run(run()) is Fault.LEASE_LOST
    assert smtp_server.mails == []
    assert smtp_server.verbs[-2:] == ["DATA", "CLOSED"]


def test_gate_is_asked_once_when_all_is_ready(driver: SmtpDriver, smtp_server):
    seen: list[list[str]] = []

    async def gate() -> bool:
        seen.append(smtp_server.verbs)
        return True

    send(driver, an_account(smtp_server.port), a_parcel(), gate=gate)

    assert len(seen) == 1
    assert seen[0][-1] == "DATA"


def test_gate_that_raises_hands_nothing_over(driver: SmtpDriver, smtp_server):
    async def gate() -> bool:
        raise RuntimeError("the database is gone")

    with pytest.raises(RuntimeError, match="the database is gone"):
        send(driver, an_account(smtp_server.port), a_parcel(), gate=gate)

    smtp_server.wait_for_command("CLOSED")
    assert smtp_server.mails == []


def test_cancelled_send_hands_nothing_over(driver: SmtpDriver, smtp_server):
    async def run() -> None:
        at_the_gate = asyncio.Event()

        async def gate() -> bool:
            at_the_gate.set()
            await asyncio.Event().wait()
            return True

        connection = await driver.connect(an_account(smtp_server.port))
        assert isinstance(connection, SmtpConnection)
        sending = asyncio.create_task(connection.send(a_parcel(), gate))
        await at_the_gate.wait()
        sending.cancel()
        await asyncio.wait({sending})
        assert sending.cancelled()
        assert not connection.is_usable
        await asyncio.to_thread(smtp_server.wait_for_command, "CLOSED")
        await connection.close()

    asyncio.run(run())

    assert smtp_server.mails == []


def test_refusal_that_comes_while_the_gate_is_asked_is_heard(driver: SmtpDriver, smtp_server):
    """The server gives up after its 354, before it got any content."""
    smtp_server.answers("data", b"354 go\r\n421 4.3.2 shutting down\r\n")

    (outcome,) = send(driver, an_account(smtp_server.port), a_parcel())

    assert outcome.said == "421 4.3.2 shutting down"
    assert outcome.move is Move.NEXT
    smtp_server.wait_for_command("CLOSED")
    assert smtp_server.mails == []


def test_refusal_before_the_end_of_the_content_is_read_first(driver: SmtpDriver, smtp_server):
    smtp_server.answers("body", "552 5.3.4 Message too large")

    (outcome,) = send(driver, an_account(smtp_server.port), a_parcel(body=BIG * 400_000))

    assert outcome.rule == "too_large"
    smtp_server.wait_for_command("CLOSED")
    assert smtp_server.mails == []


def test_connection_that_breaks_inside_the_content_moves_the_mail(driver: SmtpDriver, smtp_server):
    smtp_server.drop("body")

    (outcome,) = send(driver, an_account(smtp_server.port), a_parcel(body=BIG * 400_000))

    assert (outcome.stage, outcome.fault, outcome.move) == (Stage.BODY, Fault.LOST, Move.NEXT)


@pytest.mark.parametrize("stage", BEFORE_THE_DOT)
@pytest.mark.parametrize("how", ["drop", "stall", "flood"])
def test_break_before_the_dot_moves_the_mail_in_time(
    driver: SmtpDriver, smtp_server, stage: Stage, how: str
):
    getattr(smtp_server, how)(stage)

    (outcome,) = send(driver, an_account(smtp_server.port, timeouts=QUICK), a_parcel())

    fault = {"drop": Fault.LOST, "stall": Fault.TIMEOUT, "flood": Fault.PROTOCOL}[how]
    assert (outcome.fault, outcome.move) == (fault, Move.NEXT)
    assert smtp_server.mails == []


@pytest.mark.parametrize("how", ["drop", "stall", "flood"])
def test_break_after_the_dot_is_unconfirmed_and_indeed_may_have_arrived(
    driver: SmtpDriver, smtp_server, how: str
):
    getattr(smtp_server, how)("final")

    (outcome,) = send(driver, an_account(smtp_server.port, timeouts=QUICK), a_parcel())

    assert outcome.move is Move.UNCONFIRMED
    assert len(smtp_server.mails) == 1


@pytest.mark.parametrize("how", ["drop", "stall", "flood"])
def test_nothing_at_quit_changes_the_outcome(driver: SmtpDriver, smtp_server, how: str):
    getattr(smtp_server, how)("quit")

    (outcome,) = send(driver, an_account(smtp_server.port, timeouts=QUICK), a_parcel())

    assert outcome.is_sent


def test_flood_of_lines_is_cut_off(driver: SmtpDriver, smtp_server):
    smtp_server.flood("mail", lines=True)

    (outcome,) = send(driver, an_account(smtp_server.port, timeouts=QUICK), a_parcel())

    assert outcome.rule == "protocol_error"


def test_server_that_left_while_idle_is_not_used_again(driver: SmtpDriver, smtp_server):
    async def run() -> bool:
        connection = await driver.connect(an_account(smtp_server.port))
        assert isinstance(connection, SmtpConnection)
        await connection.send(a_parcel(), opened)
        smtp_server.stop()
        (outcome,) = await connection.send(a_parcel(), opened)
        assert outcome.rule == "reused_connection_closed"
        await connection.close()
        return connection.is_usable

    assert not asyncio.run(run())


def test_connection_closed_at_idle_by_421_is_replaced_without_harm(driver: SmtpDriver, smtp_server):
    smtp_server.answers("mail", "421 4.4.2 idle too long")
    account = an_account(smtp_server.port)

    async def run() -> list[str]:
        smtp_server.heal()
        connection = await driver.connect(account)
        assert isinstance(connection, SmtpConnection)
        first = await connection.send(a_parcel(), opened)
        smtp_server.answers("mail", "421 4.4.2 idle too long")
        second = await connection.send(a_parcel(), opened)
        await connection.close()
        return [first[0].rule, second[0].rule]

    assert asyncio.run(run()) == ["accepted", "reused_connection_closed"]


def test_many_connections_send_at_once(driver: SmtpDriver, smtp_server):
    async def run() -> int:
        account = an_account(smtp_server.port)
        sends = [send_over(driver, account, a_parcel(), a_parcel()) for _ in range(10)]
        outcomes = [each for sent in await asyncio.gather(*sends) for each in sent]
        return sum(outcome.is_sent for (outcome,) in outcomes)

    assert asyncio.run(run()) == 20
    assert len(smtp_server.mails) == 20
