"""Whether mail can flow at all: live workers and active providers of the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from panel.domain.breaker import BreakerState
from panel.domain.provider import ServiceType
from panel.storage.models import Provider, ProviderHealth
from panel.storage.queue import leases


@dataclass(frozen=True, slots=True)
class ActiveProvider:
    """An active provider of the house and how its breaker stands."""

    name: str
    service_type: ServiceType
    breaker: BreakerState
    opened_at: datetime | None


def has_live_worker(session: Session, *, now: datetime) -> bool:
    """Whether a worker gave a sign of life lately."""
    return leases.alive(session, now=now) > 0


def active_providers(session: Session) -> list[ActiveProvider]:
    """The active providers of the house in the order of the list."""
    rows = session.execute(
        select(
            Provider.name,
            Provider.service_type,
            func.coalesce(ProviderHealth.state, BreakerState.CLOSED).label("breaker"),
            ProviderHealth.opened_at,
        )
        .outerjoin(ProviderHealth, ProviderHealth.provider_id == Provider.id)
        .where(Provider.partner_id.is_(None), Provider.deleted_at.is_(None), Provider.is_active)
        .order_by(Provider.service_type.desc(), Provider.position, Provider.id)
    )
    return [ActiveProvider(**row._asdict()) for row in rows]
