"""Whether mail can flow at all: live workers and active providers of the house."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from panel.domain.breaker import BreakerState
from panel.domain.provider import ServiceType
from panel.storage.models import Provider, ProviderHealth
from panel.storage.queue import leases

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class ActiveProvider:
    """An active provider of the house and how its breaker stands."""

    id: int
    name: str
    is_primary: bool
    is_tested: bool
    """Its present connection has passed a test, by a person or by itself."""
    breaker: BreakerState
    opened_at: datetime | None
    rule: str


def has_live_worker(session: Session, *, now: datetime) -> bool:
    """Whether a worker gave a sign of life lately."""
    return leases.alive(session, now=now) > 0


def active_providers(session: Session) -> list[ActiveProvider]:
    """The active providers of the house in the order of the list."""
    rows = session.execute(
        select(Provider, ProviderHealth)
        .outerjoin(ProviderHealth, ProviderHealth.provider_id == Provider.id)
        .where(Provider.partner_id.is_(None), Provider.deleted_at.is_(None), Provider.is_active)
        .order_by(Provider.service_type.desc(), Provider.position, Provider.id)
    )
    return [_active(provider, health) for provider, health in rows]


def put_aside_of_partners(session: Session, partner_id: int | None) -> list[ActiveProvider]:
    """Servers of partners that were put aside: of one partner, or (None) the first few of all."""
    statement = (
        select(Provider, ProviderHealth)
        .join(ProviderHealth, ProviderHealth.provider_id == Provider.id)
        .where(
            ProviderHealth.state == BreakerState.DISABLED,
            Provider.partner_id.is_not(None),
            Provider.deleted_at.is_(None),
            Provider.is_active,
        )
        .order_by(ProviderHealth.opened_at, Provider.id)
        .limit(_MOST_NAMED)
    )
    if partner_id is not None:
        statement = statement.where(Provider.partner_id == partner_id)
    return [_active(provider, health) for provider, health in session.execute(statement)]


def _active(provider: Provider, health: ProviderHealth | None) -> ActiveProvider:
    has_passed = health is not None and health.retested_at is not None and not health.retest_rule
    return ActiveProvider(
        id=provider.id,
        name=provider.name,
        is_primary=provider.service_type is ServiceType.PRIMARY,
        is_tested=provider.is_verified or has_passed,
        breaker=health.state if health else BreakerState.CLOSED,
        opened_at=health.opened_at if health else None,
        rule=health.rule if health else "",
    )
