"""Live connection tests: a driver's test runs in a thread of its own and tells each step at once.

Once begun a test goes on to its end, and says goodbye to the server, whether or not somebody still
listens. Nothing here touches the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread

from panel.domain.connection_test import ConnectionTest, Step
from panel.domain.provider import ConnectionIdentity
from panel.drivers import registry
from panel.drivers.contract import Account
from panel.drivers.egress import EgressPolicy, check_host

Event = Step | ConnectionTest
"""Steps as they end, then the whole test, once."""


def account(identity: ConnectionIdentity, *, secret: str, egress: EgressPolicy) -> Account:
    """What a driver needs to reach the provider; `egress` says which addresses are allowed."""
    return Account(
        driver=identity.driver,
        host=identity.host,
        port=identity.port,
        encryption=identity.encryption,
        verify_certificate=identity.verify_certificate,
        username=identity.username,
        secret=secret,
        egress=egress,
        settings=identity.settings,
    )


def start(tested: Account) -> Iterator[Event]:
    """Begins the test now; the iterator waits for its events and ends after the whole test.

    A test ends by `timeouts.test_s` of the account, whatever the server does.
    """
    events: SimpleQueue[Event | BaseException] = SimpleQueue()
    # No daemon: a process that ends lets its tests finish, so that servers get their QUIT.
    Thread(target=_run, args=(tested, events), name="connection-test").start()
    return _events(events)


def host_fault(host: str) -> str | None:
    """Why `host` cannot be dialled as it is spelled, None when it can."""
    try:
        check_host(host)
    except ValueError as error:
        return str(error)
    return None


def clean_host(host: str) -> str:
    """`host` in the form in which it is dialled and stored; unchanged where it has a fault."""
    return host if host_fault(host) else check_host(host)


def _run(tested: Account, events: SimpleQueue[Event | BaseException]) -> None:
    try:
        driver = registry.driver(tested.driver)
        events.put(asyncio.run(driver.test(tested, events.put)))
    except BaseException as error:  # noqa: BLE001 - whoever waits must hear of it
        events.put(error)


def _events(events: SimpleQueue[Event | BaseException]) -> Iterator[Event]:
    while True:
        event = events.get()
        if isinstance(event, BaseException):
            raise event
        yield event
        if isinstance(event, ConnectionTest):
            return
