"""Who is at work: the leases by which workers are known to be alive."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from panel.storage.database import Session
from panel.storage.models import Delivery, Worker
from panel.storage.models.delivery import IS_SENDING

LEASE = timedelta(seconds=30)
"""How long a worker counts as alive after its last sign of life."""
RENEWAL_S = 5.0
"""Seconds between two signs of life."""


def register(session: Session, *, worker_id: str, host: str, pid: int, now: datetime) -> None:
    """A worker begins."""
    session.add(Worker(id=worker_id, host=host, pid=pid, started_at=now, lease_until=now + LEASE))


def renew(session: Session, worker_id: str, *, now: datetime) -> bool:
    """Extends the lease; False when others have taken the worker for dead."""
    result = session.execute(
        update(Worker)
        .where(Worker.id == worker_id, Worker.lease_until > now)
        .values(lease_until=now + LEASE)
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def is_alive(session: Session, worker_id: str, *, now: datetime) -> bool:
    """Whether the worker has a lease that has not run out; one without may claim nothing."""
    statement = select(Worker.id).where(Worker.id == worker_id, Worker.lease_until > now)
    return session.scalar(statement) is not None


def leave(session: Session, worker_id: str) -> None:
    """A worker ends in good order; it must hold nothing any more."""
    session.execute(delete(Worker).where(Worker.id == worker_id))


def alive(session: Session, *, now: datetime) -> int:
    """How many workers have a lease that has not run out."""
    statement = select(func.count()).select_from(Worker).where(Worker.lease_until > now)
    return session.scalar(statement) or 0


def dead_workers(session: Session, *, now: datetime) -> list[str]:
    """Workers whose lease has run out, and those that hold mail without being registered.

    The latter have left, or were taken off the list, and then claimed again.
    """
    expired = select(Worker.id).where(Worker.lease_until <= now)
    unknown = (
        select(Delivery.worker_id)
        .where(IS_SENDING, Delivery.worker_id.not_in(select(Worker.id)))
        .distinct()
    )
    return sorted({*session.scalars(expired), *filter(None, session.scalars(unknown))})
