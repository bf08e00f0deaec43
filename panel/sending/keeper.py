"""The worker's caretakers: threads with connections of their own, so that a busy worker keeps up.

One gives signs of life and does nothing else; one looks after the queue as a whole, for which it
may have to wait; one removes what has been kept long enough, with pauses; one tests providers
without mail, for which it waits for other people's servers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

from panel.sending.clock import Clock, clock_s
from panel.sending.desk import Lease
from panel.sending.readings import Reader
from panel.sending.removal import Removal
from panel.sending.standby import Rota, Standby
from panel.sending.upkeep import Upkeep
from panel.storage.database import Engine, session_for
from panel.storage.queue import leases

log = structlog.get_logger(__name__)
STOP_S = 5.0
"""Seconds that a caretaker gets to finish a transaction when the worker ends."""
STANDSTILL_S = 20.0
"""An event loop that does not answer for so long stands still: its worker's lease is let go."""
OnLoop = Callable[[Callable[[], object]], object]
"""Runs something on the worker's event loop, from another thread."""


class Caretaker(threading.Thread):
    """Does something every few seconds until it is stopped; what fails is tried again then."""

    def __init__(self, name: str, act: Callable[[], bool], stopping: threading.Event) -> None:
        """`act` returns False when there is nothing more to do."""
        super().__init__(name=name, daemon=True)
        self._act = act
        self._stopping = stopping

    def run(self) -> None:
        """Called by the thread."""
        while not self._stopping.is_set():
            try:
                if not self._act():
                    return
            except Exception as error:  # noqa: BLE001  (a caretaker outlives every fault)
                log.warning("upkeep_failed", caretaker=self.name, error=str(error)[:300])
            self._stopping.wait(leases.RENEWAL_S)


class Keeper:
    """The caretakers; runs `on_lost` on the loop when the worker may not act any more."""

    def __init__(
        self,
        engine: Engine,
        *,
        worker_id: str,
        lease: Lease,
        clock: Clock,
        on_loop: OnLoop,
        on_lost: Callable[[], object],
        standby: Standby | None = None,
    ) -> None:
        """Without `standby` no provider is tested."""
        self._engine = engine
        self._worker_id = worker_id
        self._lease = lease
        self._clock = clock
        self._on_loop = on_loop
        self._on_lost = on_lost
        self._answered_s = clock_s()
        self._upkeep = Upkeep(engine, worker_id=worker_id, clock=clock)
        self._reader = Reader(engine, clock=clock)
        self._stopping = threading.Event()
        removal = Removal(engine, worker_id=worker_id, clock=clock, stopping=self._stopping)
        acts = {"lease": self._live, "upkeep": self._tidy, "removal": removal.turn}
        if standby is not None:
            acts["standby"] = Rota(standby).turn
        self._caretakers = [Caretaker(name, act, self._stopping) for name, act in acts.items()]

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
        if self._lease.is_over or (self._loop_turns() and not self._renew()):
            self._lease.end()
            self._on_loop(self._on_lost)
            return False
        return True

    def _loop_turns(self) -> bool:
        """Asks the loop for an answer, and whether it gave one lately.

        Else a worker that does nothing any more would keep its mail for ever.
        """
        self._on_loop(self._note_answer)
        turns = clock_s() - self._answered_s < STANDSTILL_S
        if not turns:
            log.warning("worker_stands_still", worker=self._worker_id)
        return turns

    def _note_answer(self) -> None:
        self._answered_s = clock_s()

    def _renew(self) -> bool:
        from_s, now = clock_s(), self._clock.own_time()
        with session_for(self._engine) as session:
            at = leases.renew(session, self._worker_id, now=now)
            to_s = clock_s()
            session.commit()
        if at is None:
            return False
        self._lease.extend(from_s)
        self._clock.look(at, from_s=from_s, to_s=to_s)
        return True

    def _tidy(self) -> bool:
        while not self._stopping.is_set() and self._upkeep.turn():
            self._stopping.wait(self._upkeep.rest_s)
        self._reader.turn()
        return True
