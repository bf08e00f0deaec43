"""Accounts at test servers, and short ways to use the driver from tests without coroutines."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from panel.domain.connection_test import ConnectionTest, Step, StepStatus
from panel.domain.outcome import Outcome
from panel.domain.provider import Encryption
from panel.drivers.contract import Account, Gate, Parcel, Timeouts
from panel.drivers.egress import EgressPolicy
from panel.drivers.smtp.connection import SmtpConnection
from panel.drivers.smtp.driver import SmtpDriver

QUICK = Timeouts(
    connect_s=5, command_s=0.2, body_s=0.2, final_s=0.2, quit_s=0.2, test_s=0.4
)  # fmt: skip
"""For servers that stall: no test waits longer than it has to."""
PATIENT = Timeouts(connect_s=10, command_s=10, body_s=10, final_s=10, quit_s=10, test_s=10)
HASTY = replace(PATIENT, test_s=0.4)
"""Patient with each step, but not with the whole of a live test."""


def an_account(port: int, **fields: Any) -> Account:
    """An account on loopback, without encryption and login."""
    values: dict[str, Any] = {
        "driver": "smtp",
        "host": "localhost",
        "port": port,
        "encryption": Encryption.NONE,
        "verify_certificate": True,
        "username": "",
        "secret": "",
        "egress": EgressPolicy.parse("loopback"),
        "timeouts": PATIENT,
        "client_name": "client.example.org",
    }
    return Account(**(values | fields))


async def opened() -> bool:
    """A gate that lets everything pass."""
    return True


async def closed() -> bool:
    """A gate of a worker that lost its lease."""
    return False


async def send_over(
    driver: SmtpDriver, account: Account, *parcels: Parcel, gate: Gate = opened
) -> list[tuple[Outcome, ...]]:
    """Sends the parcels over one connection and closes it."""
    connection = await driver.connect(account)
    assert isinstance(connection, SmtpConnection), connection
    try:
        return [await connection.send(parcel, gate) for parcel in parcels]
    finally:
        await connection.close()


def send(
    driver: SmtpDriver, account: Account, *parcels: Parcel, gate: Gate = opened
) -> list[Outcome]:
    """All outcomes, one after another."""
    sent = asyncio.run(send_over(driver, account, *parcels, gate=gate))
    return [outcome for outcomes in sent for outcome in outcomes]


async def relay_over(
    driver: SmtpDriver, account: Account, *parcels: Parcel, gate: Gate = opened
) -> list[tuple[Outcome, ...]]:
    """Sends the parcels over one connection, each announced with the end of the one before.

    Over a connection that broke the announced one is tried as well: it tells what became of it.
    """
    connection = await driver.connect(account)
    assert isinstance(connection, SmtpConnection), connection
    following = [*parcels[1:], None]
    try:
        return [
            await connection.send(parcel, gate, partial(_itself, upcoming))
            for parcel, upcoming in zip(parcels, following, strict=True)
        ]
    finally:
        await connection.close()


def relay(
    driver: SmtpDriver, account: Account, *parcels: Parcel, gate: Gate = opened
) -> list[Outcome]:
    """All outcomes of announced parcels, one after another."""
    sent = asyncio.run(relay_over(driver, account, *parcels, gate=gate))
    return [outcome for outcomes in sent for outcome in outcomes]


def _itself(parcel: Parcel | None) -> Parcel | None:
    return parcel


def refusal(driver: SmtpDriver, account: Account) -> Outcome:
    """What came of a connection that must not come about."""

    async def run() -> Outcome:
        outcome = await driver.connect(account)
        assert isinstance(outcome, Outcome), outcome
        return outcome

    return asyncio.run(run())


def try_out(driver: SmtpDriver, account: Account) -> tuple[ConnectionTest, list[Step]]:
    """A live test and the steps as they were reported."""
    reported: list[Step] = []
    return asyncio.run(driver.test(account, reported.append)), reported


def written(path: Path, pem: bytes) -> str:
    """The path of a file that holds the certificate."""
    path.write_bytes(pem)
    return str(path)


def statuses(test: ConnectionTest) -> dict[str, StepStatus]:
    """How each step ended."""
    return {step.name: step.status for step in test.steps}


def step(test: ConnectionTest, name: str) -> Step:
    """The one step of that name."""
    (found,) = [each for each in test.steps if each.name == name]
    return found
