"""Whether this installation is able to take mail, and the figures that monitoring asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.storage.database import Session
from panel.storage.queries import vital_signs as queries
from panel.storage.queries.vital_signs import Figures

__all__ = ["Figures", "Readiness", "figures", "readiness"]

SPAN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Readiness:
    """The checks by their names, and whether all of them passed."""

    database: bool
    schema: bool
    worker: bool

    @property
    def is_ready(self) -> bool:
        """Whether mail is taken and sent."""
        return self.database and self.schema and self.worker


def readiness(session: Session, *, now: datetime) -> Readiness:
    """Asks the database for itself, its schema and its workers; needs no actor, tells no secret."""
    state = queries.database_state(session)
    if not state.is_current:
        return Readiness(database=state.answers, schema=False, worker=False)
    has_worker = queries.workers_alive(session, now=now) > 0
    return Readiness(database=True, schema=True, worker=has_worker)


def figures(session: Session, *, now: datetime) -> Figures:
    """What Prometheus gets; attempts are those of the last hour."""
    return queries.figures(session, since=now - SPAN, now=now)
