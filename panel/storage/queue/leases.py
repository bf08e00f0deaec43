"""Who is at work: leases of workers, and taking back what a dead one had claimed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.domain.outcome import Move, Outcome
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Worker
from panel.storage.models.delivery import IS_SENDING

LEASE = timedelta(seconds=30)
"""How long a worker counts as alive after its last sign of life."""
RENEWAL_S = 5.0
"""Seconds between two signs of life."""
MOST_RESCUES = 3
"""A delivery taken back so often is held: it may be what kills the workers."""
RESCUED_TOO_OFTEN = "rescued_too_often"
_BATCH = 500


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


def leave(session: Session, worker_id: str) -> None:
    """A worker ends in good order; it must hold nothing any more."""
    session.execute(delete(Worker).where(Worker.id == worker_id))


def alive(session: Session, *, now: datetime) -> int:
    """How many workers have a lease that has not run out."""
    statement = select(func.count()).select_from(Worker).where(Worker.lease_until > now)
    return session.scalar(statement) or 0


def dead_workers(session: Session, *, now: datetime) -> list[str]:
    """Workers whose lease has run out."""
    return list(session.scalars(select(Worker.id).where(Worker.lease_until <= now)))


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A delivery whose hand-over had begun when its worker died."""

    id: int
    stream: str
    expires_at: datetime


def requeue_claimed(session: Session, worker_id: str, *, now: datetime) -> int:
    """Gives back what a dead worker had not begun to hand over; nothing of it can be out."""
    ids = _held_ids(session, worker_id, handing_over=False)
    _close_attempts(session, ids, said="The worker ended before the mail was handed over.")
    rescues = Delivery.rescues + 1
    values = {"phase": None, "worker_id": None, "claim_token": None, "rescues": rescues}
    mine = update(Delivery).where(Delivery.id.in_(ids), Delivery.worker_id == worker_id)
    session.execute(
        mine.where(rescues < MOST_RESCUES).values(
            **values, state=DeliveryState.QUEUED, next_attempt_at=now, attempts=_attempt_count()
        ),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        mine.where(Delivery.state == DeliveryState.SENDING).values(
            **values,
            state=DeliveryState.HELD,
            next_attempt_at=None,
            attempts=_attempt_count(),
            rule=RESCUED_TOO_OFTEN,
            said=f"Taken back from {MOST_RESCUES} workers that ended while they had it.",
        ),
        execution_options={"synchronize_session": False},
    )
    return len(ids)


def settle_in_doubt(
    session: Session, worker_id: str, *, outcome: Outcome, next_at: dict[str, datetime | None]
) -> int:
    """Marks what a dead worker was handing over as unconfirmed.

    `next_at` gives for each stream when its policy decides; None leaves it to a person.
    """
    if outcome.move is not Move.UNCONFIRMED:
        raise ValueError("Only an unconfirmed outcome fits a hand-over that was cut off.")
    ids = _held_ids(session, worker_id, handing_over=True)
    _close_attempts(session, ids, said=outcome.said, rule=outcome.rule)
    for stream, at in next_at.items():
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids), Delivery.worker_id == worker_id, Delivery.stream == stream)
            .values(
                state=DeliveryState.UNCONFIRMED,
                next_attempt_at=at,
                attempts=_attempt_count(),
                rule=outcome.rule,
                said=outcome.said,
                phase=None,
                worker_id=None,
                claim_token=None,
                rescues=Delivery.rescues + 1,
            ),
            execution_options={"synchronize_session": False},
        )
    return len(ids)


def _attempt_count() -> object:
    return (
        select(func.coalesce(func.max(Attempt.number), 0))
        .where(Attempt.delivery_id == Delivery.id)
        .correlate(Delivery)
        .scalar_subquery()
    )


def _held_ids(session: Session, worker_id: str, *, handing_over: bool) -> list[int]:
    phase = Delivery.phase == Phase.HANDING_OVER
    statement = (
        select(Delivery.id)
        .where(
            IS_SENDING,
            Delivery.worker_id == worker_id,
            phase if handing_over else ~phase,
        )
        .limit(_BATCH)
        .with_for_update()
    )
    return list(session.scalars(statement))


def _close_attempts(
    session: Session, delivery_ids: Iterable[int], *, said: str, rule: str = "worker_ended"
) -> None:
    session.execute(
        update(Attempt)
        .where(
            Attempt.delivery_id.in_(list(delivery_ids)),
            Attempt.status == AttemptStatus.IN_PROGRESS,
        )
        .values(status=AttemptStatus.FAIL, rule=rule, said=said),
        execution_options={"synchronize_session": False},
    )
