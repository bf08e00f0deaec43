"""`python -m tests.drivers.rebinding.scene apart|beside`: a name that leads outside, then inside,
then to both. Prints as JSON what came of each step and who reached the inside.

Apart: the system asks the name server at port 53 of loopback, and the outside address is this
machine's. Beside: where no network of its own can be had, a second address of loopback stands for
the outside, and the name server is asked directly.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import ExitStack

import dns.asyncresolver

from panel.config import MAIL_PORTS
from panel.domain.connection_test import StepStatus
from panel.domain.outcome import Outcome
from panel.drivers.contract import Account
from panel.drivers.egress import EgressPolicy
from panel.drivers.resolver import system_resolver
from panel.drivers.smtp.driver import SmtpDriver
from tests.drivers.rebinding.name_server import NameServer
from tests.drivers.smtp.accounts import an_account
from tests.fakes.smtp_server import SmtpServer

OUTSIDE, INSIDE = "93.184.215.14", "127.0.0.1"
STAND_IN = "127.0.0.2"


def main(*, is_apart: bool) -> None:
    """The same account at every step, as it lies in the database."""
    with ExitStack() as stack:
        names = stack.enter_context(NameServer(53 if is_apart else 0))
        outside = _server(OUTSIDE if is_apart else STAND_IN, 25 if is_apart else 0)
        stack.enter_context(outside)
        inside = stack.enter_context(_server(INSIDE, outside.port))
        policy = "public" if is_apart else f"{STAND_IN}/32"
        ports = MAIL_PORTS if is_apart else (outside.port,)
        egress = EgressPolicy.parse(policy, ports=ports)
        account = an_account(outside.port, host="mail.partner.test", egress=egress)
        driver = SmtpDriver(resolver=system_resolver if is_apart else _Asking(names.port))
        told: dict[str, object] = {}
        for step, addresses in _answers(outside.host).items():
            names.addresses, names.asked = addresses, 0
            told[step] = asyncio.run(_use(driver, account)) | {"asked": names.asked}
        sys.stdout.write(json.dumps(told | {"reached": [outside.connections, inside.connections]}))


def _answers(outside: str) -> dict[str, tuple[str, ...]]:
    return {"outside": (outside,), "inside": (INSIDE,), "both": (outside, INSIDE)}


def _server(host: str, port: int) -> SmtpServer:
    server = SmtpServer(port=port)
    server.host = host
    return server


class _Asking:
    """A resolver that asks a name server at a port of its own."""

    def __init__(self, port: int) -> None:
        self._asker = dns.asyncresolver.Resolver(configure=False)
        self._asker.nameservers, self._asker.port = ["127.0.0.1"], port

    async def __call__(self, host: str, port: int) -> tuple[str, ...]:
        del port
        return tuple(record.to_text() for record in await self._asker.resolve(host, "A"))


async def _use(driver: SmtpDriver, account: Account) -> dict[str, object]:
    """The live test of the account, then the connection for a mail."""
    tested = await driver.test(account, lambda _: None)
    opened = await driver.connect(account)
    if not isinstance(opened, Outcome):
        await opened.close()
    failed = [step.detail for step in tested.steps if step.status is StepStatus.FAILED]
    refused = opened.rule if isinstance(opened, Outcome) else None
    return {"ok": tested.ok, "failed": failed, "refused": refused}


if __name__ == "__main__":
    main(is_apart=sys.argv[1] == "apart")
