"""Announced mail over connections that break, and to servers that do not bear it."""

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from panel.domain.outcome import Fault, Move, Outcome, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.smtp.accounts import PATIENT, an_account, opened, relay
from tests.drivers.smtp.dialogue import a_parcel
from tests.drivers.smtp.test_announced_mail import BOTH, MANY, connected, moves, recipients
from tests.fakes.smtp_features import Early


@BOTH
@pytest.mark.parametrize("in_order", [True, False])
def test_server_that_leaves_after_its_answer_got_one_mail(
    driver: SmtpDriver, make_smtp_server, chunking: bool, in_order: bool
):
    server = make_smtp_server(chunking=chunking)
    server.leave("final", in_order=in_order)

    outcomes = relay(driver, an_account(server.port), *MANY[:2])

    assert [outcome.rule for outcome in outcomes] == ["accepted", "reused_connection_closed"]
    assert recipients(server) == ["kim0@example.net"]


@BOTH
def test_limit_of_mails_on_a_connection_costs_nothing(
    driver: SmtpDriver, make_smtp_server, chunking: bool
):
    server = make_smtp_server(chunking=chunking, mails_per_connection=3)

    async def run() -> list[str]:
        """Over a new connection whenever the server wants one."""
        rules: list[str] = []
        left = list(MANY[:8])
        while left:
            connection = await connected(driver, server)
            while left:
                upcoming = left[1] if len(left) > 1 else None
                (outcome,) = await connection.send(left[0], opened, partial(_itself, upcoming))
                rules.append(outcome.rule)
                if not outcome.is_sent:
                    break
                left.pop(0)
            await connection.close()
        return rules

    rules = asyncio.run(run())

    assert rules.count("accepted") == 8
    assert rules.count("reused_connection_closed") == 2
    assert recipients(server) == [f"kim{number}@example.net" for number in range(8)]
    assert server.connections == 3


@BOTH
@pytest.mark.parametrize("how", ["drop", "stall"])
def test_lost_answer_leaves_the_announced_mail_certain(
    driver: SmtpDriver, make_smtp_server, chunking: bool, how: str
):
    server = make_smtp_server(chunking=chunking)
    getattr(server, how)("final")

    timeouts = replace(PATIENT, final_s=0.3)

    outcomes = relay(driver, an_account(server.port, timeouts=timeouts), *MANY[:2])

    assert moves(outcomes) == [Move.UNCONFIRMED, Move.AGAIN]
    assert recipients(server) == ["kim0@example.net"]


@BOTH
@pytest.mark.parametrize(
    ("how", "fault"),
    [("drop", Fault.LOST), ("stall", Fault.TIMEOUT), ("flood", Fault.PROTOCOL)],
)
def test_break_in_the_announced_envelope_moves_that_mail_only(
    driver: SmtpDriver, make_smtp_server, chunking: bool, how: str, fault: Fault
):
    server = make_smtp_server(chunking=chunking)
    timeouts = replace(PATIENT, command_s=0.7)

    outcomes = relay(
        driver,
        an_account(server.port, timeouts=timeouts),
        MANY[0],
        a_parcel("lee@example.net", f"{how}-at-rcpt@example.net"),
    )

    assert moves(outcomes) == [Move.SENT, Move.NEXT, Move.NEXT]
    assert [outcome.fault for outcome in outcomes[1:]] == [fault, fault]
    assert recipients(server) == ["kim0@example.net"]


@pytest.mark.parametrize("early", [Early.REFUSED, Early.LOST])
def test_server_that_does_not_bear_announcing_is_spared_it(
    driver: SmtpDriver, make_smtp_server, early: Early
):
    server = make_smtp_server(early=early)
    hasty = replace(PATIENT, command_s=0.7)

    first = relay(driver, an_account(server.port, timeouts=hasty), *MANY[:2])
    rest = relay(driver, an_account(server.port), *MANY[1:5])

    assert moves(first) == [Move.SENT, Move.AGAIN]
    assert moves(rest) == [Move.SENT] * 4
    assert recipients(server) == [f"kim{number}@example.net" for number in range(5)]
    assert server.connections == 2


def test_gate_is_not_asked_over_a_connection_that_broke_meanwhile(driver: SmtpDriver, smtp_server):
    asked: list[str] = []

    async def gate() -> bool:
        asked.append("gate")
        return True

    async def run() -> Outcome:
        connection = await connected(driver, smtp_server)
        await connection.send(MANY[0], opened, lambda: MANY[1])
        await asyncio.to_thread(smtp_server.wait_for_command, "DATA", count=2)
        smtp_server.stop()
        for _ in iter(lambda: connection.is_usable, False):
            await asyncio.sleep(0)
        (outcome,) = await connection.send(MANY[1], gate)
        return outcome

    outcome = asyncio.run(run())

    assert outcome.fault is Fault.LOST
    assert outcome.move in {Move.AGAIN, Move.NEXT}
    assert asked == []


def test_next_mail_is_not_asked_for_when_the_content_did_not_get_out(
    driver: SmtpDriver, smtp_server
):
    smtp_server.drop("body")
    asked: list[str] = []

    async def run() -> Outcome:
        connection = await connected(driver, smtp_server)
        big = a_parcel(body=(b"x" * 76 + b"\r\n") * 400_000)
        (outcome,) = await connection.send(big, opened, lambda: asked.append("upcoming"))
        await connection.close()
        return outcome

    outcome = asyncio.run(run())

    assert (outcome.stage, outcome.fault, asked) == (Stage.BODY, Fault.LOST, [])


def _itself(parcel: Parcel | None) -> Parcel | None:
    return parcel
