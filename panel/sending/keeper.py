"""The worker's caretaker thread: signs of life, rescue of dead workers' mail, expiry, policies.

It has a connection of its own, so that a worker that is busy sending still renews its lease.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from panel.domain.delivery import POLICIES, UnconfirmedPolicy
from panel.domain.outcome import Stage
from panel.domain.smtp_outcomes import by_name
from panel.sending.desk import Lease
from panel.storage.database import Engine, Session, session_for
from panel.storage.queue import leases, upkeep
from panel.storage.queue.wakeup import notify

log = structlog.get_logger(__name__)


class Keeper(threading.Thread):
    """Runs `on_lost` when others have taken this worker for dead."""

    def __init__(
        self, engine: Engine, *, worker_id: str, lease: Lease, on_lost: Callable[[], object]
    ) -> None:
        super().__init__(name="keeper", daemon=True)
        self._engine = engine
        self._worker_id = worker_id
        self._lease = lease
        self._on_lost = on_lost
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ends the thread and waits for it."""
        self._stopping.set()
        self.join()

    def run(self) -> None:
        """Every few seconds, until it is stopped; what fails now is tried again then."""
        while not self._stopping.wait(leases.RENEWAL_S):
            try:
                if not self._renew():
                    self._lease.end()
                    self._on_lost()
                    return
                tidy(self._engine, now=datetime.now(UTC))
            except Exception as error:  # noqa: BLE001  (the caretaker outlives every fault)
                log.warning("upkeep_failed", error=str(error)[:300])

    def _renew(self) -> bool:
        from_s = time.monotonic()
        with session_for(self._engine) as session:
            is_alive = leases.renew(session, self._worker_id, now=datetime.now(UTC))
            session.commit()
        if is_alive:
            self._lease.extend(from_s)
        return is_alive


def tidy(engine: Engine, *, now: datetime) -> int:
    """Rescues, expires and decides whatever is due; the number of deliveries that moved."""
    return sum(_repeat(engine, act, now) for act in (_rescue, _expire, _decide_unconfirmed))


def rescue(session: Session, worker_id: str, *, now: datetime) -> int:
    """Takes back everything that a dead worker held; the caller commits."""
    lost = by_name("worker_lost", Stage.FINAL)
    next_at = {
        stream.value: None
        if policy.unconfirmed is UnconfirmedPolicy.HOLD
        else now + policy.unconfirmed_delay
        for stream, policy in POLICIES.items()
    }
    in_doubt = leases.settle_in_doubt(session, worker_id, outcome=lost, next_at=next_at)
    return in_doubt + leases.requeue_claimed(session, worker_id, now=now)


def _rescue(session: Session, now: datetime) -> int:
    moved = 0
    for worker_id in leases.dead_workers(session, now=now):
        rescued = rescue(session, worker_id, now=now)
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


def _repeat(engine: Engine, act: Callable[[Session, datetime], int], now: datetime) -> int:
    """Small transactions until nothing is left to do, so that the senders get their turn."""
    total = 0
    while True:
        with session_for(engine) as session:
            moved = act(session, now)
            if moved:
                notify(session)
            session.commit()
        total += moved
        if not moved:
            return total
