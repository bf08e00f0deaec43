"""The worker's caretakers: threads with connections of their own, so that a busy worker keeps up.

One gives signs of life and does nothing else; the other rescues dead workers' mail, expires what
is too late and applies policies, for which it may have to wait.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import structlog

from panel.domain.delivery import POLICIES, Stream, UnconfirmedPolicy
from panel.domain.outcome import Stage
from panel.domain.smtp_outcomes import by_name
from panel.sending.desk import Lease, clock_s
from panel.storage.database import Engine, Session, session_for
from panel.storage.queries import leftovers
from panel.storage.queue import leases, upkeep
from panel.storage.queue.rescue import Holder, Reason, requeue_claimed, settle_in_doubt
from panel.storage.queue.wakeup import notify

log = structlog.get_logger(__name__)
PURGE_S = 3600.0
"""Seconds between two removals of rows that have served their purpose."""
STOP_S = 5.0
"""Seconds that a caretaker gets to finish a transaction when the worker ends."""
DIED = Reason("The worker ended before the mail was handed over.")


class Caretaker(threading.Thread):
    """Does something every few seconds until it is stopped; what fails is tried again then."""

    def __init__(self, name: str, act: Callable[[], bool], stopping: threading.Event) -> None:
        """`act` returns False when there is nothing more to do."""
        super().__init__(name=name, daemon=True)
        self._act = act
        self._stopping = stopping

    def run(self) -> None:
        """Called by the thread."""
        while not self._stopping.wait(leases.RENEWAL_S):
            try:
                if not self._act():
                    return
            except Exception as error:  # noqa: BLE001  (a caretaker outlives every fault)
                log.warning("upkeep_failed", caretaker=self.name, error=str(error)[:300])


class Keeper:
    """Both caretakers; runs `on_lost` when others have taken this worker for dead."""

    def __init__(
        self, engine: Engine, *, worker_id: str, lease: Lease, on_lost: Callable[[], object]
    ) -> None:
        self._engine = engine
        self._worker_id = worker_id
        self._lease = lease
        self._on_lost = on_lost
        self._stopping = threading.Event()
        self._purge_at_s = 0.0
        self._caretakers = (
            Caretaker("lease", self._live, self._stopping),
            Caretaker("upkeep", self._tidy, self._stopping),
        )

    def start(self) -> None:
        """Starts the threads."""
        for caretaker in self._caretakers:
            caretaker.start()

    def stop(self) -> None:
        """Ends the threads; one that waits for the database is not waited for any longer."""
        self._stopping.set()
        for caretaker in self._caretakers:
            caretaker.join(STOP_S)

    def _live(self) -> bool:
        """A sign of life. A lease that ran out is not taken up again: rounds have relied on it."""
        if self._lease.is_over or not self._renew():
            self._lease.end()
            self._on_lost()
            return False
        return True

    def _renew(self) -> bool:
        from_s = clock_s()
        with session_for(self._engine) as session:
            is_alive = leases.renew(session, self._worker_id, now=datetime.now(UTC))
            session.commit()
        if is_alive:
            self._lease.extend(from_s)
        return is_alive

    def _tidy(self) -> bool:
        if not self._is_alive():
            return True  # Taken for dead: what it held is for others to rescue, not for itself.
        for act in UPKEEP:
            _repeat(self._engine, act, now=datetime.now(UTC), stopping=self._stopping)
        if time.monotonic() >= self._purge_at_s:
            self._purge()
        return True

    def _is_alive(self) -> bool:
        with Session(self._engine) as session:
            return leases.is_alive(session, self._worker_id, now=datetime.now(UTC))

    def _purge(self) -> None:
        with session_for(self._engine) as session:
            leftovers.purge(session, now=datetime.now(UTC))
            session.commit()
        self._purge_at_s = time.monotonic() + PURGE_S


def tidy(engine: Engine, *, now: datetime) -> int:
    """Rescues, expires and decides whatever is due; the number of deliveries that moved."""
    never = threading.Event()
    return sum(_repeat(engine, act, now=now, stopping=never) for act in UPKEEP)


def rescue(session: Session, holder: Holder, *, reason: Reason = DIED, now: datetime) -> int:
    """Takes back up to 1000 deliveries of a worker; the caller commits.

    What was being handed over may be out: its stream's policy decides.
    """
    lost = by_name("worker_lost", Stage.FINAL)
    in_doubt = settle_in_doubt(session, holder, outcome=lost, next_at=_decided_at(now))
    return in_doubt + requeue_claimed(session, holder, reason)


def _decided_at(now: datetime) -> Mapping[Stream, datetime | None]:
    """When the policy of each stream decides; None: a person does."""
    return {
        stream: None
        if policy.unconfirmed is UnconfirmedPolicy.HOLD
        else now + policy.unconfirmed_delay
        for stream, policy in POLICIES.items()
    }


def _rescue(session: Session, now: datetime) -> int:
    moved = 0
    for worker_id in leases.dead_workers(session, now=now):
        rescued = rescue(session, Holder(worker_id), now=now)
        if not rescued:
            leases.leave(session, worker_id)
        else:
            log.warning("worker_rescued", worker=worker_id, deliveries=rescued)
        moved += rescued
    return moved


def _expire(session: Session, now: datetime) -> int:
    return upkeep.expire(session, now=now)


def _decide_unconfirmed(session: Session, now: datetime) -> int:
    return upkeep.decide_unconfirmed(session, now=now)


UPKEEP = (_rescue, _expire, _decide_unconfirmed)


def _repeat(
    engine: Engine,
    act: Callable[[Session, datetime], int],
    *,
    now: datetime,
    stopping: threading.Event,
) -> int:
    """Small transactions until nothing is left to do, so that the senders get their turn."""
    total = 0
    while not stopping.is_set():
        with session_for(engine) as session:
            moved = act(session, now)
            if moved:
                notify(session)
            session.commit()
        total += moved
        if not moved:
            break
    return total
