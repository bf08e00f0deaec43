"""Every row of the outcome table is reached over a real connection, and leads where it says."""

import asyncio
from pathlib import Path

import pytest

from panel.domain.outcome import Move, Outcome
from panel.domain.smtp_outcomes import RULES
from panel.drivers.smtp.connection import SmtpConnection
from panel.drivers.smtp.driver import SmtpDriver
from panel.drivers.tls import TrustStore
from tests.drivers.smtp.accounts import an_account, closed, opened, written
from tests.drivers.smtp.rows import content, mail, opening
from tests.drivers.smtp.rows.case import Case, Expected
from tests.fakes.smtp_certificates import authority
from tests.fakes.smtp_server import SmtpServer

CASES = (*opening.CASES, *mail.CASES, *content.CASES)
BY_OUR_OWN_CODE = {"worker_lost", "no_route"}
"""Rows that no server leads to; `tests/sending/test_own_rows.py` reaches them."""
TOO_LATE = {"goodbye_failed"}
"""By QUIT every outcome has been given; the cases of row 26 show that nothing changes it."""


@pytest.fixture
def trust(tmp_path: Path) -> TrustStore:
    """The authority of the scripted servers and no other."""
    return TrustStore(written(tmp_path / "authority.pem", authority().cert_pem.bytes()))


async def carried(driver: SmtpDriver, case: Case, server: SmtpServer) -> tuple[Outcome, ...]:
    """The outcomes of the last parcel of the case."""
    connection = await driver.connect(an_account(server.port, **case.fields))
    if isinstance(connection, Outcome):
        return (connection,)
    assert isinstance(connection, SmtpConnection)
    outcomes: tuple[Outcome, ...] = ()
    for place, parcel in enumerate(case.parcels):
        if place:
            await asyncio.to_thread(case.between, server)
        outcomes = await connection.send(parcel, opened if case.is_gate_open else closed)
    await connection.close()
    return outcomes


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row}-{case.happens[:60]}")
def test_what_a_server_does_leads_to_its_row(trust: TrustStore, make_smtp_server, case: Case):
    server = make_smtp_server(**case.features)
    case.arrange(server)
    driver = SmtpDriver(resolver=case.resolver, trust=trust)

    outcomes = asyncio.run(carried(driver, case, server))

    assert tuple(map(Expected.of, outcomes)) == case.expected
    if case.mails is not None:
        assert len(server.mails) == case.mails


def test_no_row_is_without_a_case():
    assert {case.row for case in CASES} == set(range(1, 36))
    assert {item.rule for case in CASES for item in case.expected} | BY_OUR_OWN_CODE | TOO_LATE == {
        row.name for row in RULES
    }


def test_nothing_is_in_doubt_before_the_dot_and_only_answers_end_the_doubt():
    for case in CASES:
        for item in case.expected:
            assert (item.move is Move.UNCONFIRMED) <= (case.row in (30, 31, 33))
