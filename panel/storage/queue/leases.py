"""Who is at work: workers count their signs of life, and others take who stands still for dead.

No time is compared here: how long a count stood still, each who watches measures by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, cast, delete, extract, func, literal, select, type_coerce, update

from panel.storage.database import Session
from panel.storage.models import Delivery, Worker
from panel.storage.models.delivery import IS_SENDING
from panel.storage.types import UtcTime

LEASE = timedelta(seconds=30)
"""How long a worker may act after its last sign of life; others wait at least so long."""
RENEWAL_S = 5.0
"""Seconds between two signs of life."""
_UNSYNCHRONISED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Seat:
    """Which process a worker is, so that another one on the same machine can look for it."""

    host: str
    boot: str
    """Within which `pid` and `born` mean something; empty: they tell nothing."""
    pid: int
    born: int
    """When it began, in ticks since the machine was started; 0: not known."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A worker as it stands in the database."""

    worker_id: str
    beat: int
    is_dead: bool
    seat: Seat


def register(session: Session, *, worker_id: str, seat: Seat, now: datetime) -> datetime:
    """A worker begins; the time by the database's clock, which on SQLite is `now`."""
    at = database_time(session, now=now)
    session.add(
        Worker(
            id=worker_id,
            host=seat.host,
            boot=seat.boot,
            pid=seat.pid,
            born=seat.born,
            started_at=at,
            seen_at=at,
        )
    )
    return at


def renew(session: Session, worker_id: str, *, now: datetime) -> datetime | None:
    """A sign of life; the time by the database's clock, None when the worker counts as dead.

    `now` is that clock on SQLite, which has none of its own.
    """
    statement = (
        update(Worker)
        .where(Worker.id == worker_id, Worker.is_dead.is_(False))
        .values(beat=Worker.beat + 1, seen_at=_clock(session, now))
        .returning(Worker.seen_at)
    )
    return session.scalar(statement, execution_options=_UNSYNCHRONISED)


def is_alive(session: Session, worker_id: str) -> bool:
    """Whether nobody has taken the worker for dead; one that is may claim nothing."""
    statement = select(Worker.id).where(Worker.id == worker_id, Worker.is_dead.is_(False))
    return session.scalar(statement) is not None


def leave(session: Session, worker_id: str) -> None:
    """A worker ends in good order, or what it held is taken back: it holds nothing any more."""
    session.execute(delete(Worker).where(Worker.id == worker_id))


def signs(session: Session) -> list[Sign]:
    """All workers that are registered, the dead among them whose mail is still to be taken back."""
    rows = session.scalars(select(Worker).order_by(Worker.id))
    return [
        Sign(row.id, row.beat, row.is_dead, Seat(row.host, row.boot, row.pid, row.born))
        for row in rows
    ]


def take_for_dead(session: Session, worker_id: str, *, beat: int) -> bool:
    """Ends the lease of a worker unless it has given a sign of life since `beat`.

    The one write that decides: afterwards the worker cannot renew, and claims nothing.
    """
    result = session.execute(
        update(Worker)
        .where(Worker.id == worker_id, Worker.beat == beat, Worker.is_dead.is_(False))
        .values(is_dead=True),
        execution_options=_UNSYNCHRONISED,
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def dead_workers(session: Session) -> list[str]:
    """Workers that count as dead, and those that hold mail without being registered.

    The latter have left, or were taken off the list, and then claimed again.
    """
    dead = select(Worker.id).where(Worker.is_dead)
    unknown = (
        select(Delivery.worker_id)
        .where(IS_SENDING, Delivery.worker_id.not_in(select(Worker.id)))
        .distinct()
    )
    return sorted({*session.scalars(dead), *filter(None, session.scalars(unknown))})


def alive(session: Session, *, now: datetime) -> int:
    """How many workers gave a sign of life lately; for people and probes, not for decisions."""
    since = database_time(session, now=now) - LEASE
    statement = select(func.count()).select_from(Worker)
    return session.scalar(statement.where(~Worker.is_dead, Worker.seen_at > since)) or 0


def database_time(session: Session, *, now: datetime) -> datetime:
    """The present time by PostgreSQL's clock; on SQLite, which has none of its own, `now`."""
    if session.get_bind().dialect.name != "postgresql":
        return now
    return session.scalars(select(type_coerce(_clock(session, now), UtcTime))).one()


def _clock(session: Session, now: datetime) -> Any:
    if session.get_bind().dialect.name != "postgresql":
        return literal(now, UtcTime)
    microseconds = extract("epoch", func.clock_timestamp()) * 1_000_000
    return type_coerce(cast(microseconds, BigInteger), UtcTime)
