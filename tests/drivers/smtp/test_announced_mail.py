"""Announced mail against the scripted server: what it took, and what we think it took."""

import asyncio

import pytest

from panel.domain.outcome import Fault, Move, Outcome, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.connection import SmtpConnection
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import an_account, closed, opened, relay
from tests.drivers.smtp.dialogue import a_parcel

BOTH = pytest.mark.parametrize("chunking", [False, True], ids=["DATA", "BDAT"])
MANY = [a_parcel(f"kim{number}@example.net") for number in range(20)]


def moves(outcomes: list[Outcome]) -> list[Move]:
    return [outcome.move for outcome in outcomes]


def recipients(server) -> list[str]:
    return [mail.recipients[0] for mail in server.mails]


async def connected(driver: SmtpDriver, server, **fields: object) -> SmtpConnection:
    connection = await driver.connect(an_account(server.port, **fields))
    assert isinstance(connection, SmtpConnection)
    return connection


@BOTH
@pytest.mark.parametrize("pipelining", [True, False])
def test_mails_arrive_in_order_over_one_connection(
    driver: SmtpDriver, make_smtp_server, chunking: bool, pipelining: bool
):
    server = make_smtp_server(chunking=chunking, pipelining=pipelining)

    outcomes = relay(driver, an_account(server.port), *MANY)

    assert moves(outcomes) == [Move.SENT] * 20
    assert [each.provider_reference for each in outcomes] == [f"FAKE{n:06}" for n in range(1, 21)]
    assert recipients(server) == [parcel.recipients[0] for parcel in MANY]
    assert {mail.content for mail in server.mails} == {b"Subject: Hello\r\n\r\nGood day.\r\n"}
    assert server.connections == 1


@BOTH
def test_announced_mails_cost_one_round_trip_each(
    driver: SmtpDriver, make_smtp_server, chunking: bool
):
    server = make_smtp_server(chunking=chunking)
    asked: list[int] = []

    async def gate() -> bool:
        asked.append(len(server.mails))
        return True

    relay(driver, an_account(server.port), *MANY, gate=gate)

    # Whenever a gate is asked, the mail before is taken and the envelope of this one answered.
    assert asked == list(range(20))
    assert server.verbs.count("MAIL") == 20


def test_same_answer_means_the_same_each_time(driver: SmtpDriver, smtp_server):
    smtp_server.answers("final", "250 2.0.0 Ok")
    outcomes = relay(driver, an_account(smtp_server.port), *MANY[:3])
    smtp_server.answers("final", "250 2.0.0 Ok: queued as 4XYZ", times=1)

    outcomes += relay(driver, an_account(smtp_server.port), *MANY[3:5])

    assert [outcome.said for outcome in outcomes] == [
        "250 2.0.0 Ok", "250 2.0.0 Ok", "250 2.0.0 Ok", "250 2.0.0 Ok: queued as 4XYZ",
        "250 2.0.0 Ok",
    ]  # fmt: skip
    assert [outcome.provider_reference for outcome in outcomes] == ["", "", "", "4XYZ", ""]


@BOTH
def test_each_announced_mail_has_its_own_fate(driver: SmtpDriver, make_smtp_server, chunking: bool):
    server = make_smtp_server(chunking=chunking)
    outcomes = relay(
        driver,
        an_account(server.port),
        a_parcel("kim@example.net"),
        a_parcel("final-451@example.net"),
        a_parcel("final-554-5.6.0@example.net"),
        a_parcel("lee@example.net", "reply-550-5.1.1@example.net"),
        a_parcel("reply-550-5.1.1@example.net"),
        a_parcel("may@example.net"),
        a_parcel("data-554-5.6.0@example.net"),
        a_parcel("nil@example.net"),
        a_parcel(reverse_path="mail-550-5.1.8@example.org"),
        a_parcel("oda@example.net"),
    )

    assert [outcome.is_sent for outcome in outcomes] == [
        True, False, False, True, False, False, True, False, True, False, True,
    ]  # fmt: skip
    assert [outcome.stage for outcome in outcomes if not outcome.is_sent] == [
        Stage.FINAL, Stage.FINAL, Stage.RCPT, Stage.RCPT,
        Stage.FINAL if chunking else Stage.DATA, Stage.MAIL,
    ]  # fmt: skip
    assert recipients(server) == [
        f"{name}@example.net" for name in ("kim", "lee", "may", "nil", "oda")
    ]
    assert server.connections == 1


def test_announced_mail_without_recipients_gets_a_lone_dot(driver: SmtpDriver, smtp_server):
    """The server says 354 although it refused every recipient."""
    smtp_server.answers("data", "354 go on")

    outcomes = relay(
        driver,
        an_account(smtp_server.port),
        a_parcel("kim@example.net"),
        a_parcel("reply-550-5.1.1@example.net"),
        a_parcel("lee@example.net"),
    )

    assert moves(outcomes) == [Move.SENT, Move.FAIL, Move.SENT]
    assert recipients(smtp_server) == ["kim@example.net", "lee@example.net"]


def test_closed_gate_of_the_announced_mail_drops_the_connection(driver: SmtpDriver, smtp_server):
    outcomes, is_usable = asyncio.run(lost_lease(driver, smtp_server))

    assert [outcome.fault for outcome in outcomes] == [Fault.REPLY, Fault.LEASE_LOST]
    assert not is_usable
    smtp_server.wait_for_command("CLOSED")
    assert recipients(smtp_server) == ["kim0@example.net"]
    assert smtp_server.verbs[-2:] == ["DATA", "CLOSED"]


def test_closed_gate_costs_a_connection_with_chunks_nothing(driver: SmtpDriver, make_smtp_server):
    server = make_smtp_server(chunking=True)

    outcomes, is_usable = asyncio.run(lost_lease(driver, server))

    assert [outcome.fault for outcome in outcomes] == [Fault.REPLY, Fault.LEASE_LOST]
    assert is_usable
    assert recipients(server) == ["kim0@example.net", "kim2@example.net"]
    assert server.connections == 1


async def lost_lease(driver: SmtpDriver, server) -> tuple[list[Outcome], bool]:
    """The first mail goes, the second may not; a third one goes where that is possible."""
    connection = await connected(driver, server)
    first = await connection.send(MANY[0], opened, lambda: MANY[1])
    second = await connection.send(MANY[1], closed)
    is_usable = connection.is_usable
    if is_usable:
        await connection.send(MANY[2], opened)
    await connection.close()
    return [*first, *second], is_usable


@pytest.mark.parametrize(
    ("features", "parcel"),
    [
        ({"pipelining": False}, MANY[1]),
        ({"size": 100}, a_parcel(body=b"x" * 200)),
        ({"smtputf8": False}, a_parcel("jürgen@example.org")),
        ({"eightbit": False}, a_parcel(body="Grüße\r\n".encode())),
    ],
)
def test_what_would_be_refused_is_not_announced(
    driver: SmtpDriver, make_smtp_server, features: dict[str, object], parcel: Parcel
):
    server = make_smtp_server(**features)

    async def run() -> tuple[Parcel | None, bool]:
        connection = await connected(driver, server)
        await connection.send(MANY[0], opened, lambda: parcel)
        announced = connection.announced
        (outcome,) = await connection.send(MANY[2], opened)
        await connection.close()
        return announced, outcome.is_sent

    assert asyncio.run(run()) == (None, True)


def test_closing_says_nothing_to_a_server_that_may_wait_for_content(
    driver: SmtpDriver, smtp_server
):
    async def run() -> Parcel | None:
        connection = await connected(driver, smtp_server)
        await connection.send(MANY[0], opened, lambda: MANY[1])
        announced = connection.announced
        await connection.close()
        return announced

    assert asyncio.run(run()) is MANY[1]
    smtp_server.wait_for_command("CLOSED")
    assert recipients(smtp_server) == ["kim0@example.net"]
    assert "QUIT" not in smtp_server.verbs


def test_closing_is_polite_to_a_server_that_waits_for_no_content(
    driver: SmtpDriver, make_smtp_server
):
    server = make_smtp_server(chunking=True)

    async def run() -> None:
        connection = await connected(driver, server)
        await connection.send(MANY[0], opened, lambda: MANY[1])
        await connection.close()

    asyncio.run(run())

    server.wait_for_command("CLOSED")
    assert recipients(server) == ["kim0@example.net"]
    assert server.verbs[-2:] == ["QUIT", "CLOSED"]


def test_another_parcel_than_the_announced_one_is_a_bug(driver: SmtpDriver, smtp_server):
    async def run() -> bool:
        connection = await connected(driver, smtp_server)
        await connection.send(MANY[0], opened, lambda: MANY[1])
        with pytest.raises(ValueError, match="Another parcel was announced"):
            await connection.send(MANY[2], opened)
        return connection.is_usable

    assert asyncio.run(run()) is False
    assert recipients(smtp_server) == ["kim0@example.net"]


def test_next_mail_is_asked_for_once_after_the_gate(driver: SmtpDriver, smtp_server):
    asked: list[str] = []

    async def gate() -> bool:
        asked.append("gate")
        return True

    def upcoming() -> Parcel:
        asked.append("upcoming")
        return MANY[1]

    async def run() -> None:
        connection = await connected(driver, smtp_server)
        await connection.send(a_parcel(body=b"x" * 76 * 10_000 + b"\r\n"), gate, upcoming)
        await connection.close()

    asyncio.run(run())

    assert asked == ["gate", "upcoming"]
