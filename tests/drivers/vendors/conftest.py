"""Every registered mail API in turn, its driver, and servers that answer in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from panel.domain.outcome import Outcome
from panel.drivers.contract import Account, Gate, Parcel
from panel.drivers.http.client import PROTOCOLS
from panel.drivers.http.driver import ApiDriver
from panel.drivers.http.vendor import Vendor
from panel.drivers.registry import VENDORS
from panel.drivers.tls import TrustStore
from tests.drivers.smtp.accounts import opened, written
from tests.drivers.vendors.samples import success
from tests.fakes.http_server import HttpServer
from tests.fakes.smtp_certificates import authority

MakeServer = Callable[..., HttpServer]
Send = Callable[..., list[Outcome]]


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.name)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    """Each of them: a new one is tested by being registered."""
    found: Vendor = request.param
    return found


@pytest.fixture
def driver(vendor: Vendor, tmp_path: Path) -> ApiDriver:
    """Trusts the tests' authority and no other."""
    cafile = written(tmp_path / "authority.pem", authority().cert_pem.bytes())
    return ApiDriver(vendor, trust=TrustStore(cafile, protocols=PROTOCOLS))


@pytest.fixture
def make_server(vendor: Vendor) -> Iterator[MakeServer]:
    """Makes started servers that take every mail."""
    with ExitStack() as servers:

        def make(*arguments: object) -> HttpServer:
            server = servers.enter_context(HttpServer(*arguments))  # type: ignore[arg-type]
            server.answer = lambda _: success(vendor)
            return server

        yield make


@pytest.fixture
def server(make_server: MakeServer) -> HttpServer:
    """One in clear text."""
    return make_server()


@pytest.fixture
def send(driver: ApiDriver) -> Send:
    """Sends parcels over one connection as long as it lasts, else over new ones."""

    async def run(account: Account, parcels: tuple[Parcel, ...], gate: Gate) -> list[Outcome]:
        outcomes: list[Outcome] = []
        connection = await driver.connect(account)
        for parcel in parcels:
            if isinstance(connection, Outcome):
                return [*outcomes, connection]
            outcomes += await connection.send(parcel, gate)
            if not connection.is_usable and parcel is not parcels[-1]:
                connection = await driver.connect(account)
        if not isinstance(connection, Outcome):
            await connection.close()
        return outcomes

    def send(account: Account, *parcels: Parcel, gate: Gate = opened) -> list[Outcome]:
        return asyncio.run(run(account, parcels, gate))

    return send
