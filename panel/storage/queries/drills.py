"""Failover drills: one, the latest, and the last one that tells of each provider."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from panel.domain.permission import Scope
from panel.storage.models import Drill
from panel.storage.scope import within

LISTED = 50
"""Drills that a list shows."""


def find(session: Session, scope: Scope, drill_id: int) -> Drill | None:
    """The drill of that id, None when it is not there or not in scope."""
    statement = within(select(Drill).where(Drill.id == drill_id), Drill.partner_id, scope)
    return session.scalar(statement, execution_options={"populate_existing": True})


def latest(session: Session, scope: Scope) -> Sequence[Drill]:
    """The newest ones first."""
    statement = within(select(Drill), Drill.partner_id, scope)
    return session.scalars(statement.order_by(Drill.id.desc()).limit(LISTED)).all()


def last_of_each(session: Session, scope: Scope) -> dict[int, Drill]:
    """For each provider the last ended drill in which it stood in, or was to stand in."""
    found: dict[int, Drill] = {}
    for column in (Drill.stand_in_provider_id, Drill.taken_by_provider_id):
        newest = (
            select(func.max(Drill.id))
            .where(column.is_not(None), Drill.ended_at.is_not(None))
            .group_by(column)
        )
        statement = within(select(Drill).where(Drill.id.in_(newest)), Drill.partner_id, scope)
        for drill in session.scalars(statement):
            provider_id = getattr(drill, column.key)
            if provider_id not in found or found[provider_id].id < drill.id:
                found[provider_id] = drill
    return found
