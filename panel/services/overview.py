"""Is mail flowing? The figures, the chain of the house, and what is left to set up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.domain.breaker import BreakerState
from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.domain.provider import ServiceType
from panel.services.access import authorise
from panel.storage.database import Session
from panel.storage.queries import overview as queries
from panel.storage.queries import providers
from panel.storage.queries.overview import Count, FirstSteps, Flow, OldestWaiting
from panel.storage.queries.providers import Listed

__all__ = ["ChainBox", "Count", "FirstSteps", "Overview", "show_overview"]

SPAN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ChainBox:
    """One provider of the house as the overview shows it."""

    id: int
    name: str
    service_type: ServiceType
    is_active: bool
    is_verified: bool
    breaker: BreakerState
    opened_at: datetime | None
    rule: str
    is_in_use: bool
    """The first that can take mail at this moment."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page."""

    since: datetime
    flow: Flow
    waiting: Count
    unconfirmed: Count
    oldest: OldestWaiting | None
    chain: tuple[ChainBox, ...]
    steps: FirstSteps | None
    """None when all is set up, and for those who cannot set it up."""


def show_overview(session: Session, actor: Actor, *, now: datetime) -> Overview:
    """The state of the whole house over the last 24 hours."""
    authorise(actor, Permission.SEE_OVERVIEW)
    steps = queries.first_steps(session) if actor.may(Permission.CHANGE_PROVIDERS) else None
    return Overview(
        since=now - SPAN,
        flow=queries.flow_since(session, now - SPAN),
        waiting=queries.waiting_count(session),
        unconfirmed=queries.unconfirmed_count(session),
        oldest=queries.oldest_waiting(session),
        chain=_chain(providers.listed(session, None, scope=EVERYTHING)),
        steps=steps if steps and not steps.are_done else None,
    )


def _chain(listed: list[Listed]) -> tuple[ChainBox, ...]:
    in_use = next((item.provider.id for item in listed if _takes_mail(item)), None)
    return tuple(_box(item, is_in_use=item.provider.id == in_use) for item in listed)


def _takes_mail(item: Listed) -> bool:
    is_closed = item.health is None or item.health.state is BreakerState.CLOSED
    return item.provider.is_active and is_closed


def _box(item: Listed, *, is_in_use: bool) -> ChainBox:
    provider, health = item.provider, item.health
    return ChainBox(
        id=provider.id,
        name=provider.name,
        service_type=provider.service_type,
        is_active=provider.is_active,
        is_verified=provider.is_verified,
        breaker=health.state if health else BreakerState.CLOSED,
        opened_at=health.opened_at if health else None,
        rule=health.rule if health else "",
        is_in_use=is_in_use,
    )
