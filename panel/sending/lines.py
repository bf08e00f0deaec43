"""A worker's open connections: a few to each provider, used again while they are good."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from panel.domain.outcome import Outcome
from panel.drivers import registry
from panel.drivers.contract import Account, Connection, Gate, Parcel

CONNECTIONS = 10
"""To one provider, by one worker, at one time."""
IDLE_S = 20.0
"""An unused connection is closed after this time; servers do it after some minutes."""


class Line:
    """The way to one provider with one set of connection settings."""

    def __init__(self, account: Account, *, connections: int = CONNECTIONS) -> None:
        self.account = account
        self._driver = registry.driver(account.driver)
        self._slots = asyncio.Semaphore(connections)
        self._idle: list[tuple[float, Connection]] = []
        self._farewells: set[asyncio.Task[None]] = set()

    async def send(self, parcel: Parcel, gate: Gate) -> tuple[Outcome, ...]:
        """Hands the parcel over on a free connection; one outcome per recipient."""
        async with self._slots:
            connection = self._take_idle() or await self._driver.connect(self.account)
            if isinstance(connection, Outcome):
                return (connection,) * len(parcel.recipients)
            outcomes = await connection.send(parcel, gate)
            if connection.is_usable:
                self._idle.append((self._now(), connection))
            else:
                self._part(connection.close())
            return outcomes

    def close_idle(self, *, older_than_s: float = IDLE_S) -> None:
        """Says goodbye on connections that were not used for that long."""
        limit = self._now() - older_than_s
        old = [connection for at, connection in self._idle if at <= limit]
        self._idle = [item for item in self._idle if item[0] > limit]
        for connection in old:
            self._part(connection.close())

    async def close(self) -> None:
        """Closes what is idle and waits until every goodbye is said."""
        self.close_idle(older_than_s=0)
        await asyncio.gather(*self._farewells, return_exceptions=True)

    def _take_idle(self) -> Connection | None:
        while self._idle:
            _at, connection = self._idle.pop()
            if connection.is_usable:
                return connection
            self._part(connection.close())
        return None

    def _part(self, farewell: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(farewell)
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


class Lines:
    """The lines of all providers; a line whose settings changed is given up for a new one."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self._given_up: list[Line] = []

    def to(self, provider_id: int, account: Account) -> Line:
        """The line to a provider as it is set up now."""
        line = self._lines.get(provider_id)
        if line is not None and line.account == account:
            return line
        if line is not None:
            self._given_up.append(line)
        line = self._lines[provider_id] = Line(account)
        return line

    def close_idle(self) -> None:
        """Closes connections that nobody used for a while, and those to former settings."""
        for line in self._lines.values():
            line.close_idle()
        for line in self._given_up:
            line.close_idle(older_than_s=0)

    async def close(self) -> None:
        """Closes everything."""
        await asyncio.gather(*(line.close() for line in (*self._lines.values(), *self._given_up)))
