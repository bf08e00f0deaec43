"""What tells from outside whether this installation lives, for probes and for Prometheus."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from panel.domain.delivery import DeliveryState
from panel.domain.permission import EVERYTHING
from panel.storage import schema
from panel.storage.models import Attempt, Provider
from panel.storage.queries.moments import first_attempt_since
from panel.storage.queries.queue import queue_counts, waiting_count
from panel.storage.queue import leases

MOST_COUNTED = 1_000_000
"""Waiting deliveries are counted up to this number, from an index alone."""


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Whether the database answers, and with the schema that this program needs."""

    answers: bool
    is_current: bool = False


@dataclass(frozen=True, slots=True)
class Figures:
    """What `/metrics` shows."""

    waiting: int
    by_state: dict[DeliveryState, int]
    workers_alive: int
    newest_attempt: int
    attempts_by_provider: dict[str, int]
    """Attempts since a moment, by the provider's id."""


def database_state(session: Session) -> DatabaseState:
    """Asks the database; one that does not answer is a finding, not an error."""
    try:
        present = schema.present_version(session.connection())
    except SQLAlchemyError:
        session.rollback()
        return DatabaseState(answers=False)
    return DatabaseState(answers=True, is_current=present == schema.newest_version())


def workers_alive(session: Session, *, now: datetime) -> int:
    """How many workers gave a sign of life lately."""
    return leases.alive(session, now=now)


def figures(session: Session, *, since: datetime, now: datetime) -> Figures:
    """Counts that cost little: index ranges, a capped count by state, the newest id."""
    providers = session.scalars(select(Provider.id).order_by(Provider.id)).all()
    first = first_attempt_since(session, since)
    return Figures(
        waiting=waiting_count(session, EVERYTHING, limit=MOST_COUNTED),
        by_state=queue_counts(session, EVERYTHING).by_state,
        workers_alive=workers_alive(session, now=now),
        newest_attempt=session.scalar(select(func.max(Attempt.id))) or 0,
        attempts_by_provider={str(id_): _tries(session, id_, first) for id_ in providers},
    )


def _tries(session: Session, provider_id: int, first: int) -> int:
    statement = select(func.count()).where(Attempt.provider_id == provider_id, Attempt.id >= first)
    return session.scalar(statement) or 0
