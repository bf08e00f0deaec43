"""What a person may do to waiting deliveries.

Each statement names the states that it may change, so that a delivery which a worker claims at
the same moment stays the worker's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, delete, exists, select, update
from sqlalchemy.orm import Session

from panel.domain.delivery import DUE_STATES, DeliveryState
from panel.domain.permission import Scope
from panel.storage.models import Attempt, Delivery, Message
from panel.storage.scope import within

CANCELLED = "cancelled"
"""The rule that stands with a cancelled delivery."""
REMOVABLE_STATES = DUE_STATES | {DeliveryState.UNCONFIRMED}
"""Everything that waits and is in no worker's hands."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change reached; deleted messages are those that had no other recipient left."""

    delivery_ids: tuple[int, ...]
    message_ids: tuple[str, ...] = ()


def make_due(session: Session, scope: Scope, *, ids: Sequence[int], now: datetime) -> Touched:
    """Lets a worker take them at once; what was waiting for its time."""
    return _change(session, scope, ids, state=DeliveryState.QUEUED, next_attempt_at=now)


def cancel(session: Session, scope: Scope, *, ids: Sequence[int], now: datetime) -> Touched:
    """Ends what nobody is sending; those that were ended."""
    return _change(
        session,
        scope,
        ids,
        state=DeliveryState.CANCELLED,
        next_attempt_at=None,
        ended_at=now,
        rule=CANCELLED,
        said="",
    )


def remove(session: Session, scope: Scope, *, ids: Sequence[int]) -> Touched:
    """Deletes deliveries with their attempts, and messages of which nothing is left.

    Rows are locked first: one that a worker is just claiming counts as in its hands.
    """
    found = within(
        select(Delivery.id, Delivery.message_id)
        .where(Delivery.id.in_(ids), Delivery.state.in_(REMOVABLE_STATES))
        .order_by(Delivery.id)
        .with_for_update(skip_locked=True),
        Delivery.partner_id,
        scope,
    )
    taken = session.execute(found).all()
    deliveries = tuple(identifier for identifier, _ in taken)
    session.execute(delete(Attempt).where(Attempt.delivery_id.in_(deliveries)), **_PLAIN)
    session.execute(delete(Delivery).where(Delivery.id.in_(deliveries)), **_PLAIN)
    messages = _remove_empty(session, {message for _, message in taken})
    return Touched(deliveries, messages)


_PLAIN: dict[str, Any] = {"execution_options": {"synchronize_session": False}}


def _change(session: Session, scope: Scope, ids: Sequence[int], **values: Any) -> Touched:
    statement: Update = (
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.state.in_(DUE_STATES))
        .values(**values)
    )
    changed = within(statement, Delivery.partner_id, scope).returning(Delivery.id)
    return Touched(tuple(sorted(session.scalars(changed, **_PLAIN))))


def _remove_empty(session: Session, messages: set[str]) -> tuple[str, ...]:
    is_needed = exists().where(Delivery.message_id == Message.id)
    statement = delete(Message).where(Message.id.in_(messages), ~is_needed).returning(Message.id)
    return tuple(sorted(session.scalars(statement, **_PLAIN)))
