"""The worker: claims due mail, carries it along its chain, and ends in good order."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from panel.domain.delivery import Stream
from panel.sending.claim import TROUBLE_S, Claim
from panel.sending.claims_plan import ClaimsPlan
from panel.sending.clock import Clock, clock_s
from panel.sending.desk import Desk, Lease
from panel.sending.dispatch import Dispatch
from panel.sending.hands import Hands
from panel.sending.keeper import Keeper
from panel.sending.ledger import Ledger
from panel.sending.line import CONNECTIONS
from panel.sending.lines import Lines
from panel.sending.roster import Roster
from panel.sending.seat import own_seat
from panel.sending.snapshot import EgressRules, Snapshot
from panel.sending.standby import Standby
from panel.sending.upkeep import rescue
from panel.storage.database import Engine, Session, is_passing, session_for
from panel.storage.queries.policies import stream_policies
from panel.storage.queue import leases
from panel.storage.queue.claims import ClaimedMessage, Share
from panel.storage.queue.flows import Flow, flows
from panel.storage.queue.rescue import Holder, Reason
from panel.storage.queue.roster import (
    Secrets,
    members,
    partners_without_house,
    roster_version,
)
from panel.storage.queue.wakeup import Bell
from panel.storage.vault import Vault

log = structlog.get_logger(__name__)
MOST_IN_HAND = 2000
"""Deliveries that a worker has in its hands at one time; beyond it only system mail is taken."""
SHORTEST_REST_S = 0.02
"""Seconds until it looks again at mail that is due and that another worker is just taking."""
MOST_FLOWS = 256
"""Flows looked at at one time; with more, the next look goes on behind them."""
POLICIES_S = 1.0
"""Seconds after which changed rules of a stream hold at the latest."""
LONGEST_REST_S = 30.0
"""Seconds until a worker looks again though nothing woke it."""
GOODBYE_S = 30.0
"""Seconds that a stopping worker grants to what is on the wire."""
LOOKS_APART_S = 0.03
"""Seconds between two looks into the queue while there is enough to do."""
WRITE_S = 5.0
"""Seconds that it grants to the database for writing what it gives back."""
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
    connections: int = CONNECTIONS
    """To one provider, at one time."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The queue and the providers at one moment."""

    flows: tuple[Flow, ...] = ()
    snapshot: Snapshot | None = None


class Worker:
    """One worker process; `run` on an event loop of its own."""

    def __init__(self, surroundings: Surroundings) -> None:
        self.id = secrets.token_hex(8)
        self._from = surroundings
        self._stop = asyncio.Event()
        self._bell = asyncio.Event()
        self._secrets = Secrets()
        self._version: object = None
        """Of the providers and rules as last read."""
        self._hands = Hands()
        self._ended = 0
        """Deliveries that have left its hands since it last looked into the queue."""
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
        lines = Lines(connections=self._from.connections)
        desk = Desk(self.id, Ledger(self._from.engine), lines, roster, lease, clock)
        bell = Bell(self._from.engine, lambda: loop.call_soon_threadsafe(self._bell.set))
        keeper = Keeper(
            self._from.engine,
            worker_id=self.id,
            lease=lease,
            clock=clock,
            on_loop=loop.call_soon_threadsafe,
            on_lost=self._lose,
            standby=self._standby(clock),
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
        after = -1
        plan = ClaimsPlan(desk)
        while not self._stop.is_set():
            self._bell.clear()
            self._ended = 0
            now = desk.now()
            seen = await self._look(now, after)
            after = seen.flows[-1].id if len(seen.flows) == MOST_FLOWS else -1
            if seen.snapshot is not None:
                desk.roster.renew(seen.snapshot)
            # By the time of the look: what has become due since may need providers not yet read.
            wanted = plan.shares((flow for flow in seen.flows if self._is_wanted(flow, now)), now)
            if wanted and await self._claim(desk, plan, wanted):
                await self._pause()
            elif after < 0:
                later = [flow.due_at for flow in seen.flows if flow.due_at > now]
                times = [*later, *([plan.again_at] if plan.again_at else [])]
                await self._rest(desk, min(times, default=None), is_beaten=bool(wanted))

    def _is_wanted(self, flow: Flow, now: datetime) -> bool:
        if flow.due_at > now:
            return False
        return self._hands.deliveries < MOST_IN_HAND or flow.stream is Stream.SYSTEM

    async def _look(self, now: datetime, after: int) -> _Seen:
        """Looks before it claims: a claim keeps others from writing to SQLite, a look does not."""
        try:
            return await asyncio.to_thread(self._read, now, after)
        except Exception as error:
            if not is_passing(error):
                raise
            log.warning("database_busy", error=str(error)[:300], retry_in_s=TROUBLE_S)
            await asyncio.sleep(TROUBLE_S)
            return _Seen()

    def _read(self, now: datetime, after: int) -> _Seen:
        """The providers only where something about them has changed, or might have."""
        with Session(self._from.engine) as session:
            found = flows(session, now=now, after=after, limit=MOST_FLOWS)
            if not any(flow.due_at <= now for flow in found):
                return _Seen(found)
            version = (roster_version(session, now=now), int(clock_s() / POLICIES_S))
            if version == self._version:
                return _Seen(found)
            snapshot = Snapshot(
                members(session, self._from.vault, now=now, known=self._secrets),
                partners_without_house(session),
                stream_policies(session),
            )
            self._version = version
            return _Seen(found, snapshot)

    async def _claim(self, desk: Desk, plan: ClaimsPlan, wanted: Sequence[Share]) -> bool:
        """Begins a round for every message that could be claimed; False when there was none."""
        if not desk.lease.is_valid:
            self._lose()
            return True
        claim = Claim(
            self._from.engine, self.id, shares=wanted, now=desk.now(), most_octets=self._hands.room
        )
        messages = await claim.made(self._stop)
        if messages is None:
            desk.lease.end()
            self._lose()
            return True
        plan.claimed(messages)
        for message in messages:
            self._begin(desk, message, claim.token)
        return bool(messages)

    def _begin(self, desk: Desk, message: ClaimedMessage, token: str) -> None:
        self._hands.take(message)

        def ended() -> None:
            self._ended += self._hands.leave(message)
            if self._ended >= self._hands.deliveries:
                self._bell.set()

        Dispatch(desk, message, token, ended).begin()

    async def _pause(self) -> None:
        """A moment for the rounds: while there is enough to do, looking on would only cost."""
        if self._hands.deliveries and not self._stop.is_set():
            await asyncio.sleep(LOOKS_APART_S)

    async def _rest(self, desk: Desk, until: datetime | None, *, is_beaten: bool) -> None:
        """Until something may be due, rounds have ended, or the worker has to stop.

        `is_beaten`: another worker was quicker; what it left may be free in a moment. What is due
        and not wanted waits until there is room for it.
        """
        longest_s = SHORTEST_REST_S if is_beaten else LONGEST_REST_S
        if until is not None:
            until_s = (until - desk.now()).total_seconds()
            longest_s = min(longest_s, max(until_s, SHORTEST_REST_S))
        try:
            async with asyncio.timeout(longest_s):
                await self._bell.wait()
        except TimeoutError:
            return
        await self._pause()

    async def _end(self, desk: Desk, bell: Bell, keeper: Keeper) -> None:
        """Finishes what is on the wire, gives back the rest, says goodbye.

        The lease is kept up until the last mark is written.
        """
        await desk.lines.close(wait_s=0.0 if self._is_lost else GOODBYE_S)
        desk.tally.flush()
        await self._write_rest(desk)
        await asyncio.to_thread(desk.ledger.close)
        await asyncio.to_thread(keeper.stop)
        await asyncio.to_thread(bell.stop)
        if not self._is_lost:
            await asyncio.to_thread(self._leave, desk)
        log.info("worker_stopped", worker=self.id)

    async def _write_rest(self, desk: Desk) -> None:
        """What goes back into the queue has its marks withdrawn first: that takes two commits."""
        try:
            async with asyncio.timeout(WRITE_S):
                for _ in range(2):
                    await desk.ledger.run(lambda _: None)
        except TimeoutError:
            log.warning("rest_not_written", deliveries=self._hands.deliveries)

    def _lose(self) -> None:
        self._is_lost = True
        self.stop()

    def _standby(self, clock: Clock) -> Standby:
        outside = self._from
        return Standby(outside.engine, outside.vault, outside.egress, outside.client_name, clock)

    def _register(self, clock: Clock) -> None:
        with session_for(self._from.engine) as session:
            from_s, now = clock_s(), clock.own_time()
            at = leases.register(session, worker_id=self.id, seat=own_seat(), now=now)
            clock.look(at, from_s=from_s, to_s=clock_s())
            session.commit()

    def _leave(self, desk: Desk) -> None:
        """What could not be finished goes back into the queue by the rescue of its rows."""
        with session_for(self._from.engine) as session:
            while rescue(session, Holder(self.id), reason=STOPPED, now=desk.clock.now()):
                pass
            leases.leave(session, self.id)
            session.commit()
