"""The driver of every mail API: the vendor's file says what, this opens connections and asks."""

from __future__ import annotations

from collections.abc import Callable

from panel.domain.connection_test import ConnectionTest, Step
from panel.domain.outcome import Outcome
from panel.drivers.contract import Account, Connection
from panel.drivers.http.client import PROTOCOLS, HttpClient, connect, find
from panel.drivers.http.connection import ApiConnection
from panel.drivers.http.live_test import ApiTest
from panel.drivers.http.vendor import Vendor
from panel.drivers.http.verdict import Judge
from panel.drivers.resolver import Resolver, system_resolver
from panel.drivers.tls import TrustStore
from panel.drivers.trouble import Trouble


class ApiDriver:
    """Implements `panel.drivers.contract.Driver`; one object serves all accounts of a vendor."""

    def __init__(
        self,
        vendor: Vendor,
        *,
        resolver: Resolver = system_resolver,
        trust: TrustStore | None = None,
    ) -> None:
        """`trust` stands in for the system's certificate authorities."""
        self._vendor = vendor
        self._resolver = resolver
        self._trust = trust or TrustStore(protocols=PROTOCOLS)

    async def connect(self, account: Account) -> Connection | Outcome:
        """Opens a connection; the key is shown with the first mail only."""
        client = await self._open(account)
        vendor = self._vendor.of(account)
        if isinstance(client, Trouble):
            return Judge(vendor, vendor.secrets(account)).trouble(client)
        return ApiConnection(
            client,
            vendor,
            account,
            prefix=prefix_of(vendor, account),
            reopen=lambda: self._open(account),
        )

    async def test(self, account: Account, report: Callable[[Step], None]) -> ConnectionTest:
        """Tries the connection without sending, within `timeouts.test_s`; see `ApiTest`."""
        vendor = self._vendor.of(account)
        tested = ApiTest(vendor, account, report, prefix=prefix_of(vendor, account))
        return await tested.run(resolver=self._resolver, trust=self._trust)

    async def _open(self, account: Account) -> HttpClient | Trouble:
        connect_s = account.timeouts.connect_s
        route = await find(account, self._resolver, timeout_s=connect_s)
        if isinstance(route, Trouble):
            return route
        return await connect(account, route, self._trust, timeout_s=connect_s)


def prefix_of(vendor: Vendor, account: Account) -> str:
    """What stands before every path, by the account's settings."""
    place = vendor.description.place(dict(account.settings))
    return place.path if place is not None else ""
