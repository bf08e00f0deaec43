"""Whether mail can flow at all: live workers and active providers of the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from panel.domain.provider import ServiceType
from panel.storage.models import Provider, Worker


def has_live_worker(session: Session, *, now: datetime) -> bool:
    """Whether a worker's lease is still good."""
    return bool(session.scalar(select(func.count()).where(Worker.lease_until > now)))


def active_providers(session: Session) -> dict[ServiceType, int]:
    """How many active providers the house has of each service type."""
    rows = session.execute(
        select(Provider.service_type, func.count())
        .where(Provider.partner_id.is_(None), Provider.deleted_at.is_(None), Provider.is_active)
        .group_by(Provider.service_type)
    )
    return {row[0]: row[1] for row in rows}
