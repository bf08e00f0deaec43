"""`apis`: each mail API's driver over one connection, beside the HTTP library alone."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import uvloop

from panel.domain.outcome import Outcome
from panel.drivers.contract import Account, Parcel
from panel.drivers.http.driver import ApiDriver
from panel.drivers.http.vendor import Vendor
from panel.drivers.registry import VENDORS
from tests.drivers.vendors.samples import HEADER, an_account, samples
from tools.bench.bench import Bench, say
from tools.bench.far_end import START_S
from tools.bench.http_sink import answer_of
from tools.bench.line import Line, NotMeasured, Race
from tools.bench.mail import TEXT
from tools.bench.processes import running, until_printed


def measure(bench: Bench) -> Iterator[Line]:
    """Requests a second of each vendor's driver; the rival sends as large ones, and thinks less."""
    for vendor in VENDORS:
        say(f"{vendor.label}, {bench.sizes.asked:,} requests over one connection")
        with _api(bench, vendor) as port:
            rate = uvloop.run(_send(vendor, an_account(vendor, port), bench.sizes.asked))
            rival = uvloop.run(_post(port, bench.sizes.asked))
        yield Race(f"{vendor.label}, one connection", rate, "httpx2 alone", rival)


@contextmanager
def _api(bench: Bench, vendor: Vendor) -> Iterator[int]:
    """A server that answers as the vendor does when it takes a mail; its port."""
    sample = samples(vendor.name)["success"]
    answer = answer_of(sample["status"], sample.get("headers", {}), sample.get("body", "").encode())
    log = bench.place() / "api.log"
    command = [sys.executable, "-m", "tools.bench.http_sink", answer.hex()]
    with running(command, log=log) as process:
        until_printed(process, log, "\n", timeout_s=START_S)
        yield int(log.read_text("ascii"))


async def _send(vendor: Vendor, account: Account, mails: int) -> float:
    connection = await ApiDriver(vendor).connect(account)
    if isinstance(connection, Outcome):
        raise NotMeasured(f"The server does not answer: {connection.said}")
    parcel = Parcel("post@house.test", ("anna@there.test",), HEADER, TEXT.encode())
    began = time.perf_counter()
    for _ in range(mails):
        (outcome,) = await connection.send(parcel, _open_gate)
        if not outcome.is_sent:
            raise NotMeasured(f"{vendor.label} refused a mail: {outcome.said}")
    rate = mails / (time.perf_counter() - began)
    await connection.close()
    return rate


async def _post(port: int, mails: int) -> float:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        await client.post("/", content=TEXT.encode())
        began = time.perf_counter()
        for _ in range(mails):
            (await client.post("/", content=TEXT.encode())).raise_for_status()
        return mails / (time.perf_counter() - began)


async def _open_gate() -> bool:
    return True
