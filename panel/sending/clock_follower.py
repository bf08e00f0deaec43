"""Waiting mail follows a clock that was set by years: a portion a turn, so nobody waits long."""

from __future__ import annotations

from dataclasses import dataclass

from panel.sending.clock import clock_s
from panel.sending.portion import Portion
from panel.storage.database import Engine, Session, session_for
from panel.storage.queue import clock_jumps
from panel.storage.queue.wakeup import notify

AT_MOST_S = 0.1
"""A transaction that takes longer is followed by smaller ones."""
LEAST, MOST = 100, 4000
"""Deliveries that follow in one transaction."""


@dataclass(frozen=True, slots=True)
class Turn:
    """How many followed, and how long to leave the database to others: as long as it took."""

    moved: int = 0
    rest_s: float = 0.0


class ClockFollower:
    """Of one worker; several take turns, as the jump is locked meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._portion = Portion(least=LEAST, most=MOST, at_most_s=AT_MOST_S)

    def turn(self) -> Turn:
        """One transaction, if there is a jump that not all mail has followed."""
        with Session(self._engine) as session:
            if not clock_jumps.is_under_way(session):
                return Turn()
        with session_for(self._engine) as session:
            session.connection()  # Waits for its turn.
            began_s = clock_s()
            moved = clock_jumps.move(session, most=self._portion.size)
            if moved:
                notify(session)
            session.commit()
        took_s = clock_s() - began_s
        self._portion.fit(took_s)
        return Turn(moved, took_s)
