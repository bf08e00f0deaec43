"""Removing what waits; what else a person may do to it is in `panel.storage.queue.rulings`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from panel.domain.delivery import DUE_STATES, DeliveryState
from panel.domain.permission import Scope
from panel.storage.models import Attempt, Delivery, Message, Ruling
from panel.storage.queue.unused_contents import remove_unused
from panel.storage.scope import within

REMOVABLE_STATES = DUE_STATES | {DeliveryState.UNCONFIRMED}
"""Everything that waits and is in no worker's hands."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change reached; deleted messages are those that had no other recipient left."""

    delivery_ids: tuple[int, ...]
    message_ids: tuple[str, ...] = ()


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
    session.execute(delete(Ruling).where(Ruling.delivery_id.in_(deliveries)), **_PLAIN)
    session.execute(delete(Attempt).where(Attempt.delivery_id.in_(deliveries)), **_PLAIN)
    session.execute(delete(Delivery).where(Delivery.id.in_(deliveries)), **_PLAIN)
    messages = _remove_empty(session, {message for _, message in taken})
    return Touched(deliveries, messages)


_PLAIN: dict[str, Any] = {"execution_options": {"synchronize_session": False}}


def _remove_empty(session: Session, messages: set[str]) -> tuple[str, ...]:
    """Of two that delete the last deliveries of a message at once, the later one waits for it."""
    mine = select(Message.id).where(Message.id.in_(messages)).order_by(Message.id)
    session.execute(mine.with_for_update(key_share=True))
    is_needed = exists().where(Delivery.message_id == Message.id)
    statement = delete(Message).where(Message.id.in_(messages), ~is_needed)
    gone = session.execute(statement.returning(Message.id, Message.content_digest), **_PLAIN).all()
    remove_unused(session, {row.content_digest for row in gone if row.content_digest is not None})
    return tuple(sorted(row.id for row in gone))
