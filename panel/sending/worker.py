"""The worker: claims due mail, carries it along its chain, and ends in good order."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from panel.sending.clock import Clock, clock_s
from panel.sending.desk import Desk, Lease
from panel.sending.dispatch import Dispatch
from panel.sending.keeper import Keeper
from panel.sending.ledger import Ledger
from panel.sending.lines import IDLE_S, Lines
from panel.sending.roster import EgressRules, Roster, Snapshot
from panel.sending.seat import own_seat
from panel.sending.upkeep import rescue
from panel.storage.database import Engine, Session, is_passing, session_for
from panel.storage.queue import claims, flows, leases
from panel.storage.queue.claims import ClaimedMessage, Share
from panel.storage.queue.flows import Flow
from panel.storage.queue.rescue import Holder, Reason
from panel.storage.queue.roster import members, partners_without_house
from panel.storage.queue.wakeup import Bell
from panel.storage.vault import Vault

log = structlog.get_logger(__name__)
CAPACITY = 200
"""Deliveries that a worker has in its hands at one time."""
CLAIM = 100
"""Deliveries taken at once."""
SHORTEST_REST_S = 0.02
"""Seconds until it looks again at mail that is due and that another worker is just taking."""
TROUBLE_S = 1.0
"""Seconds until it looks again when the database was out of reach."""
LONGEST_REST_S = 30.0
"""Seconds until a worker looks again though nothing woke it."""
GOODBYE_S = 30.0
"""Seconds that a stopping worker grants to what is on the wire."""
BROKEN_DELAY = timedelta(seconds=60)
"""Until a mail whose round broke is tried again."""
ROUND_FAILED = "round_failed"
STOPPED = Reason("The worker was stopped before the mail was handed over.", is_counted=False)


class LeaseLost(Exception):
    """The worker slept past its lease; its mail has been taken over by others."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a worker needs from outside."""

    engine: Engine
    vault: Vault
    egress: EgressRules
    client_name: str


@dataclass(frozen=True, slots=True)
class _Taken:
    messages: tuple[ClaimedMessage, ...]
    snapshot: Snapshot


class Worker:
    """One worker process; `run` on an event loop of its own."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.id = secrets.token_hex(8)
        self._from = surroundings
        self._stop = asyncio.Event()
        self._bell = asyncio.Event()
        self._rounds: set[asyncio.Task[None]] = set()
        self._in_hands = 0
        self._due: list[Flow] = []
        self._is_lost = False

    def stop(self) -> None:
        """Asks the worker to finish what it has begun and to end."""
        self._stop.set()
        self._bell.set()

    async def run(self, *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Works until `stop`; raises LeaseLost when others took over its mail."""
        loop = asyncio.get_running_loop()
        lease, clock = Lease(), Clock()
        await asyncio.to_thread(self._register, clock)
        roster = Roster(egress=self._from.egress, client_name=self._from.client_name)
        desk = Desk(self.id, Ledger(self._from.engine), Lines(), roster, lease, clock)
        bell = Bell(self._from.engine, lambda: loop.call_soon_threadsafe(self._bell.set))
        keeper = Keeper(
            self._from.engine,
            worker_id=self.id,
            lease=lease,
            clock=clock,
            on_loop=loop.call_soon_threadsafe,
            on_lost=self._lose,
        )
        bell.start()
        keeper.start()
        on_ready()
        log.info("worker_started", worker=self.id)
        try:
            await self._work(desk)
        finally:
            await self._end(desk, bell, keeper)
        if self._is_lost:
            raise LeaseLost("The worker slept past its lease and has ended.")

    async def _work(self, desk: Desk) -> None:
        while not self._stop.is_set():
            self._bell.clear()
            due_at: datetime | None = None
            if self._in_hands <= CAPACITY - CLAIM:
                due_at = await self._next_due_at(desk)
                if due_at is not None and due_at <= desk.now() and await self._claim(desk):
                    continue
            desk.lines.close_idle()
            await self._rest(desk, due_at)

    async def _next_due_at(self, desk: Desk) -> datetime | None:
        """Looks before it claims: a claim keeps others from writing to SQLite, a look does not."""
        try:
            found = await asyncio.to_thread(flows.look, self._from.engine, now=desk.now())
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("database_busy", error=str(error)[:300], retry_in_s=TROUBLE_S)
            return desk.now() + timedelta(seconds=TROUBLE_S)
        self._due = [flow for flow in found if flow.due_at <= desk.now()]
        return min((flow.due_at for flow in found), default=None)

    def _shares(self) -> list[Share]:
        """System mail first; what one flow does not use up is left for the next claim."""
        due = sorted(self._due, key=lambda flow: flow.stream.lane)[:CLAIM]
        return [Share(flow.id, CLAIM // len(due)) for flow in due]

    async def _claim(self, desk: Desk) -> bool:
        """Begins a round for every message that could be claimed; False when there was none."""
        if not desk.lease.is_valid:
            self._lose()
            return True
        token = secrets.token_hex(8)
        now, shares = desk.now(), self._shares()

        def take(session: Session) -> _Taken | None:
            if not leases.is_alive(session, self.id):
                return None
            taken = claims.claim(session, worker_id=self.id, token=token, shares=shares, now=now)
            return _Taken(taken, self._snapshot(session, now) if taken else Snapshot())

        taken = await desk.ledger.run(take)
        if taken is None:
            desk.lease.end()
            self._lose()
            return True
        messages = taken.messages
        if messages:
            desk.roster.renew(taken.snapshot)
        for message in messages:
            self._begin(desk, message, token)
        return bool(messages)

    def _begin(self, desk: Desk, message: ClaimedMessage, token: str) -> None:
        count = len(message.deliveries)
        self._in_hands += count
        task = asyncio.get_running_loop().create_task(self._carry(desk, message, token))
        self._rounds.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._rounds.discard(done)
            self._in_hands -= count
            self._bell.set()

        task.add_done_callback(ended)

    async def _carry(self, desk: Desk, message: ClaimedMessage, token: str) -> None:
        """One round; when it breaks, which is a fault of ours, its deliveries are given back."""
        try:
            await Dispatch(desk, message, token).run()
        except Exception as error:
            log.exception("round_failed", message=message.id)
            if desk.lease.is_valid:
                await self._take_back(desk, message, token, said=repr(error)[:500])

    async def _take_back(
        self, desk: Desk, message: ClaimedMessage, token: str, *, said: str
    ) -> None:
        now = desk.now()
        holder = Holder(self.id, token, tuple(item.id for item in message.deliveries))
        reason = Reason(
            f"An error in Postroom itself: {said}", ROUND_FAILED, delays_until=now + BROKEN_DELAY
        )
        try:
            await desk.ledger.run(lambda session: rescue(session, holder, reason=reason, now=now))
        except Exception:
            log.exception("round_not_taken_back", message=message.id)

    async def _rest(self, desk: Desk, due_at: datetime | None) -> None:
        """Until something may be due, a round has ended, or the worker has to stop."""
        longest = min(LONGEST_REST_S, IDLE_S)
        if due_at is not None:
            due_in_s = (due_at - desk.now()).total_seconds()
            longest = min(longest, max(due_in_s, SHORTEST_REST_S))
        try:
            async with asyncio.timeout(longest):
                await self._bell.wait()
        except TimeoutError:
            return

    async def _end(self, desk: Desk, bell: Bell, keeper: Keeper) -> None:
        """Finishes what is on the wire, gives back the rest, says goodbye.

        The lease is kept up until the last mark is written.
        """
        desk.is_stopping = True
        desk.lines.let_go()
        if self._rounds and not self._is_lost:
            await asyncio.wait(self._rounds, timeout=GOODBYE_S)
        for task in self._rounds:
            task.cancel()
        await asyncio.gather(*self._rounds, return_exceptions=True)
        await desk.lines.close()
        await asyncio.to_thread(desk.ledger.close)
        await asyncio.to_thread(keeper.stop)
        await asyncio.to_thread(bell.stop)
        if not self._is_lost:
            await asyncio.to_thread(self._leave, desk)
        log.info("worker_stopped", worker=self.id)

    def _lose(self) -> None:
        self._is_lost = True
        self.stop()

    def _register(self, clock: Clock) -> None:
        with session_for(self._from.engine) as session:
            from_s, now = clock_s(), clock.own_time()
            at = leases.register(session, worker_id=self.id, seat=own_seat(), now=now)
            clock.look(at, from_s=from_s, to_s=clock_s())
            session.commit()

    def _leave(self, desk: Desk) -> None:
        """What could not be finished goes back into the queue by the rescue of its rows."""
        with session_for(self._from.engine) as session:
            while rescue(session, Holder(self.id), reason=STOPPED, now=desk.now()):
                pass
            leases.leave(session, self.id)
            session.commit()

    def _snapshot(self, session: Session, now: datetime) -> Snapshot:
        return Snapshot(
            members(session, self._from.vault, now=now), partners_without_house(session)
        )
