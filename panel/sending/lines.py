"""A worker's open connections: a few to each provider, used again while they are good."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from panel.domain.outcome import Move, Outcome
from panel.drivers import registry
from panel.drivers.contract import Account, Connection, Gate, Parcel

CONNECTIONS = 10
"""To one provider, by one worker, at one time."""
MOST_WAITING = 1000
"""For one provider in one worker; more than a worker ever has in its hands."""
IDLE_S = 20.0
"""An unused connection is closed after this time; servers do it after some minutes."""


class Line:
    """The way to one provider with one set of connection settings."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._driver = registry.driver(account.driver)
        self._busy = 0
        self._idle: list[tuple[float, Connection]] = []
        self._farewells: set[asyncio.Task[None]] = set()

    @property
    def is_used(self) -> bool:
        """Whether anything is open or being closed."""
        return bool(self._busy or self._idle or self._farewells)

    async def send(self, parcel: Parcel, gate: Gate) -> tuple[Outcome, ...]:
        """Hands the parcel over on a free or a new connection; one outcome per recipient."""
        self._busy += 1
        try:
            connection = self._take_idle() or await self._driver.connect(self.account)
            if isinstance(connection, Outcome):
                return (connection,) * len(parcel.recipients)
            return await self._send_over(connection, parcel, gate)
        finally:
            self._busy -= 1

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

    async def _send_over(
        self, connection: Connection, parcel: Parcel, gate: Gate
    ) -> tuple[Outcome, ...]:
        try:
            outcomes = await connection.send(parcel, gate)
        except BaseException:
            self._part(connection.close())
            raise
        if connection.is_usable:
            self._idle.append((self._now(), connection))
            return outcomes
        self._part(connection.close())
        if any(outcome.move is Move.AGAIN for outcome in outcomes):
            # The server ended a connection that had rested; those that rest longer are no better.
            self.close_idle(older_than_s=0)
        return outcomes

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

    def __init__(self, *, connections: int = CONNECTIONS) -> None:
        self._connections = connections
        self._slots: dict[int, asyncio.Semaphore] = {}
        self._antechambers: dict[int, asyncio.Semaphore] = {}
        self._lines: dict[int, Line] = {}
        self._given_up: list[Line] = []

    def slot(self, provider_id: int) -> asyncio.Semaphore:
        """To be held while a mail is on its way to the provider."""
        return self._room(self._slots, provider_id)

    def antechamber(self, provider_id: int) -> asyncio.Semaphore:
        """To be held by those who come next: as many as there are slots."""
        return self._room(self._antechambers, provider_id)

    def _room(self, rooms: dict[int, asyncio.Semaphore], provider_id: int) -> asyncio.Semaphore:
        if provider_id not in rooms:
            rooms[provider_id] = asyncio.Semaphore(self._connections)
        return rooms[provider_id]

    def let_go(self) -> None:
        """Lets everybody through who waits for a connection: the worker stops, they give up."""
        for room in (*self._slots.values(), *self._antechambers.values()):
            for _ in range(MOST_WAITING):
                room.release()

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
        self._given_up = [line for line in self._given_up if line.is_used]

    async def close(self) -> None:
        """Closes everything."""
        lines = (*self._lines.values(), *self._given_up)
        await asyncio.gather(*(line.close() for line in lines), return_exceptions=True)
