"""`limit`: the driver's own connections with nothing to remember, beyond which no queue can go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import uvloop

from panel.domain.outcome import Outcome
from panel.domain.provider import Encryption
from panel.drivers import registry
from panel.drivers.contract import Account, Parcel
from panel.drivers.egress import EgressPolicy
from tools.bench.bench import Bench, say
from tools.bench.far_end import far_end
from tools.bench.house import CONNECTIONS
from tools.bench.line import Bound, Line, NotMeasured
from tools.bench.mail import TEXT


def measure(bench: Bench) -> Iterator[Line]:
    """One figure to read the others by."""
    mails = bench.sizes.limit
    say(f"the driver's connections alone, {mails:,} mails")
    with far_end() as sink:
        rate = uvloop.run(_send_all(sink.port, mails))
        sink.settle(mails)
    yield Bound("connections alone, no queue", rate, "/s")


async def _send_all(port: int, mails: int) -> float:
    account = _account(port)
    began = time.perf_counter()
    share = mails // CONNECTIONS
    await asyncio.gather(*(_send(account, share) for _ in range(CONNECTIONS)))
    return mails / (time.perf_counter() - began)


async def _send(account: Account, mails: int) -> None:
    connection = await registry.driver("smtp").connect(account)
    if isinstance(connection, Outcome):
        raise NotMeasured(f"The sink does not answer: {connection.said}")
    parcels = [
        Parcel("post@house.test", ("kim@contoso.test",), b"Subject: x\r\n", TEXT.encode())
        for _ in range(mails)
    ]
    coming = iter(parcels[1:])
    for parcel in parcels:
        await connection.send(parcel, _open_gate, lambda: next(coming, None))
    await connection.close()


async def _open_gate() -> bool:
    return True


def _account(port: int) -> Account:
    return Account(
        driver="smtp",
        host="127.0.0.1",
        port=port,
        encryption=Encryption.NONE,
        verify_certificate=True,
        username="",
        secret="",
        egress=EgressPolicy.parse("loopback"),
    )
