"""One claim of a worker, on a thread and a connection of its own: marks go on being written."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from datetime import datetime

import structlog

from panel.storage.database import Engine, Session, is_passing, session_for
from panel.storage.queue import claims, leases
from panel.storage.queue.claims import ClaimedMessage, Share

log = structlog.get_logger(__name__)
TROUBLE_S = 1.0
"""Seconds until a worker looks again when the database was out of reach."""


class Claim:
    """Takes due mail under a token of its own; made again it gives also what it took before."""

    def __init__(
        self,
        engine: Engine,
        worker_id: str,
        *,
        shares: Sequence[Share],
        now: datetime,
        most_octets: int,
    ) -> None:
        """Bodies come along up to `most_octets`."""
        self.token = secrets.token_hex(8)
        self._engine = engine
        self._worker_id = worker_id
        self._shares = shares
        self._now = now
        self._most_octets = most_octets

    async def made(self, stop: asyncio.Event) -> tuple[ClaimedMessage, ...] | None:
        """The mail; None when others have taken the worker for dead.

        Again as long as the database is out of reach; what a worker took that has to `stop`
        meanwhile goes back when it leaves.
        """
        while not stop.is_set():
            try:
                return await asyncio.to_thread(self._make)
            except Exception as error:
                if not is_passing(error):
                    raise
                log.warning("database_busy", error=str(error)[:300], retry_in_s=TROUBLE_S)
                await asyncio.sleep(TROUBLE_S)
        return ()

    def _make(self) -> tuple[ClaimedMessage, ...] | None:
        who = self._worker_id
        with session_for(self._engine) as session:
            if not leases.is_alive(session, who):
                return None
            claims.claim(
                session, worker_id=who, token=self.token, shares=self._shares, now=self._now
            )
            session.commit()
        with Session(self._engine) as session:
            return claims.claimed(
                session, worker_id=who, token=self.token, most_octets=self._most_octets
            )
