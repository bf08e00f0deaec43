"""Taking back what a worker had claimed and cannot finish: it died, it ends, or a round broke."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, TextClause, Update, func, select, update

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase, Stream
from panel.domain.outcome import Move, Outcome
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery
from panel.storage.models.delivery import IS_SENDING

MOST_RESCUES = 3
"""A delivery taken back so often is held: it may be what kills the workers."""
RESCUED_TOO_OFTEN = "rescued_too_often"
WORKER_ENDED = "worker_ended"
LONGEST_SAID = 2100
"""Characters of a reason that are kept with a delivery."""
_BATCH = 500
_FREE: dict[str, Any] = {"phase": None, "worker_id": None, "claim_token": None}
_UNSYNCHRONISED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose deliveries are meant: all of a worker, or those of one claim of it."""

    worker_id: str
    token: str | None = None
    delivery_ids: tuple[int, ...] = ()
    """With a token: only these."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why deliveries are taken back, for their attempts and for those that are held."""

    said: str
    rule: str = WORKER_ENDED
    is_counted: bool = True
    """False: nobody is to blame, for example when a worker is stopped by a person."""
    delays_until: datetime | None = None
    """When they are due again; None: they keep their place in the queue."""


def lock_held(session: Session, holder: Holder) -> None:
    """Locks all that is meant, by id like everybody: what follows locks it kind by kind."""
    held = select(Delivery.id).where(*_is_held(holder)).order_by(Delivery.id)
    session.execute(held.with_for_update(key_share=True)).all()


def settle_taken(session: Session, holder: Holder) -> int:
    """Ends as sent what the log says a provider took, at most 500.

    The worker wrote the answer, but did not come to write what follows from it.
    """
    held = select(Delivery.id).where(*_is_held(holder))
    taken = (
        select(Attempt)
        .where(Attempt.delivery_id.in_(held), Attempt.status == AttemptStatus.SUCCESS)
        .order_by(Attempt.delivery_id)
        .limit(_BATCH)
    )
    attempts = session.scalars(taken).all()
    for attempt in attempts:
        _change(
            session,
            _still_sending([attempt.delivery_id]).where(*_is_held(holder)),
            **_FREE,
            state=DeliveryState.SENT,
            next_attempt_at=None,
            ended_at=attempt.finished_at,
            attempts=attempt.number,
            last_attempt_at=attempt.started_at,
            provider_id=attempt.provider_id,
            rule=attempt.rule,
            said=attempt.said[:LONGEST_SAID],
            rescues=0,
        )
    return len(attempts)


def requeue_claimed(session: Session, holder: Holder, reason: Reason) -> int:
    """Gives back what was not yet being handed over, at most 500; nothing of it can be out."""
    ids = _held_ids(session, holder, handing_over=False)
    _close_attempts(session, ids, said=reason.said, rule=reason.rule)
    values = _FREE | {"attempts": _attempt_count()}
    if reason.delays_until is not None:
        values["next_attempt_at"] = reason.delays_until
    if reason.is_counted:
        values["rescues"] = Delivery.rescues + 1
        _hold_hopeless(session, ids, reason)
    _change(session, _still_sending(ids), **values, state=DeliveryState.QUEUED)
    return len(ids)


def settle_in_doubt(
    session: Session,
    holder: Holder,
    *,
    outcome: Outcome,
    next_at: Mapping[Stream, datetime | None],
) -> int:
    """Marks what was being handed over as unconfirmed, at most 500.

    `next_at` gives for each stream when its policy decides; None leaves it to a person.
    """
    if outcome.move is not Move.UNCONFIRMED:
        raise ValueError("Only an unconfirmed outcome fits a hand-over that was cut off.")
    ids = _held_ids(session, holder, handing_over=True)
    _close_attempts(session, ids, said=outcome.said, rule=outcome.rule)
    for stream, at in next_at.items():
        _change(
            session,
            _still_sending(ids).where(Delivery.stream == stream),
            **_FREE,
            state=DeliveryState.UNCONFIRMED,
            next_attempt_at=at,
            attempts=_attempt_count(),
            last_attempt_at=_last_attempt_at(),
            rule=outcome.rule,
            said=outcome.said,
            rescues=Delivery.rescues + 1,
        )
    return len(ids)


def _hold_hopeless(session: Session, ids: Sequence[int], reason: Reason) -> None:
    """Those that were taken back too often wait for a person."""
    _change(
        session,
        _still_sending(ids).where(Delivery.rescues + 1 >= MOST_RESCUES),
        **_FREE,
        state=DeliveryState.HELD,
        next_attempt_at=None,
        attempts=_attempt_count(),
        rescues=Delivery.rescues + 1,
        rule=RESCUED_TOO_OFTEN,
        said=f"Taken back {MOST_RESCUES} times. {reason.said}",
    )


def _held_ids(session: Session, holder: Holder, *, handing_over: bool) -> list[int]:
    phase = Delivery.phase.is_not_distinct_from(Phase.HANDING_OVER)
    statement = select(Delivery.id).where(*_is_held(holder), phase if handing_over else ~phase)
    # In one order everywhere, so that two who rescue the same worker never block each other.
    locked = statement.order_by(Delivery.id).limit(_BATCH).with_for_update(key_share=True)
    return list(session.scalars(locked))


def _is_held(holder: Holder) -> list[ColumnElement[bool] | TextClause]:
    mine: list[ColumnElement[bool] | TextClause] = [
        IS_SENDING,
        Delivery.worker_id == holder.worker_id,
    ]
    if holder.token is None:
        return mine
    return [*mine, Delivery.claim_token == holder.token, Delivery.id.in_(holder.delivery_ids)]


def _still_sending(ids: Sequence[int]) -> Update:
    return update(Delivery).where(Delivery.id.in_(ids), IS_SENDING)


def _change(session: Session, statement: Update, **values: Any) -> None:
    session.execute(statement.values(**values), execution_options=_UNSYNCHRONISED)


def _close_attempts(session: Session, ids: Sequence[int], *, said: str, rule: str) -> None:
    open_ones = update(Attempt).where(
        Attempt.delivery_id.in_(ids), Attempt.status == AttemptStatus.IN_PROGRESS
    )
    _change(session, open_ones, status=AttemptStatus.FAIL, rule=rule, said=said)


def _attempt_count() -> ScalarSelect[int]:
    return (
        select(func.coalesce(func.max(Attempt.number), 0))
        .where(Attempt.delivery_id == Delivery.id)
        .correlate(Delivery)
        .scalar_subquery()
    )


def _last_attempt_at() -> ColumnElement[Any]:
    last = (
        select(Attempt.started_at)
        .where(Attempt.delivery_id == Delivery.id)
        .order_by(Attempt.number.desc())
        .limit(1)
        .correlate(Delivery)
        .scalar_subquery()
    )
    return func.coalesce(last, Delivery.last_attempt_at)
