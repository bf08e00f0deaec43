"""A worker's reading of the queue, once a minute for all workers together."""

from __future__ import annotations

from panel.sending.clock import Clock, clock_s
from panel.storage.database import Engine, Session, session_for
from panel.storage.queue import readings

READ_S = 60.0
"""Seconds from one reading to the next."""


class Reader:
    """One for a worker; `turn` is called every few seconds, by the thread that keeps the queue."""

    def __init__(self, engine: Engine, *, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._read_at_s = 0.0

    def turn(self) -> None:
        """Reads the queue where it is time and no other worker has done so."""
        if clock_s() < self._read_at_s or not self._clock.is_steady:
            return
        now = self._clock.now()
        self._read_at_s = clock_s() + READ_S
        # Counting takes its time in a long queue: on SQLite nobody may wait for it to end.
        with Session(self._engine) as session:
            reading = (
                None if readings.is_taken(session, now=now) else readings.read(session, now=now)
            )
        if reading is None:
            return
        with session_for(self._engine) as session:
            readings.keep(session, reading)
            session.commit()
