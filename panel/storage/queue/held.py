"""Making held mail due again once what it waits for may have come."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select, update

from panel.storage.database import Session
from panel.storage.models import Delivery
from panel.storage.models.delivery import IS_HELD

BATCH = 1000
"""Deliveries changed by one statement."""
MOST_BATCHES = 5
"""In one transaction, so that no writer waits long; what is left looks again by itself."""


def release_held(session: Session, *, rule: str, now: datetime) -> int:
    """Makes due what is held for `rule`, the oldest first; the number of deliveries.

    At most `BATCH` times `MOST_BATCHES`; rows that somebody else is just changing are left to them.
    """
    total, after = 0, 0
    for _ in range(MOST_BATCHES):
        ids = _held_ids(session, rule=rule, now=now, after=after)
        if ids:
            session.execute(
                update(Delivery).where(Delivery.id.in_(ids)).values(next_attempt_at=now),
                execution_options={"synchronize_session": False},
            )
        total += len(ids)
        if len(ids) < BATCH:
            break
        after = ids[-1]
    return total


def _held_ids(session: Session, *, rule: str, now: datetime, after: int) -> list[int]:
    held = (
        select(Delivery.id)
        .where(
            IS_HELD,
            Delivery.rule == rule,
            Delivery.id > after,
            or_(Delivery.next_attempt_at > now, Delivery.next_attempt_at.is_(None)),
        )
        .order_by(Delivery.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(session.scalars(held))
