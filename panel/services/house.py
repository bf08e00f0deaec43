"""What every page says about the house: its name, and what endangers mail right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from panel.domain.breaker import BreakerState
from panel.domain.permission import Actor, Permission
from panel.domain.provider import ServiceType
from panel.storage.database import Session
from panel.storage.queries import house
from panel.storage.queries import installation as installation_queries
from panel.storage.queries.house import ActiveProvider


class Danger(StrEnum):
    """Something that stops or endangers mail."""

    NO_WORKER = "no_worker"
    NO_ACTIVE_PROVIDER = "no_active_provider"
    NO_USABLE_PROVIDER = "no_usable_provider"
    """All active ones rest after faults or were put aside."""
    NO_FALLBACK = "no_fallback"
    ON_FALLBACK = "on_fallback"
    """A primary cannot take mail, and others carry it."""


@dataclass(frozen=True, slots=True)
class StandingWarning:
    """A danger; for providers that cannot take mail also which, and since when the first cannot."""

    danger: Danger
    names: tuple[str, ...] = ()
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class House:
    """The house as the frame of a page shows it."""

    name: str = "Postroom"
    warnings: tuple[StandingWarning, ...] = ()


def describe_house(session: Session, actor: Actor | None, *, now: datetime) -> House:
    """Name and warnings; a page that tells of a broken database gets neither."""
    try:
        name = installation_queries.instance_name(session)
        return House(name, standing_warnings(session, actor, now=now) if actor else ())
    except installation_queries.DATABASE_FAULTS:
        return House()


def standing_warnings(
    session: Session, actor: Actor, *, now: datetime
) -> tuple[StandingWarning, ...]:
    """The gravest first; none for those who do not see the house."""
    if not actor.may(Permission.SEE_OVERVIEW):
        return ()
    has_worker = house.has_live_worker(session, now=now)
    found = [] if has_worker else [StandingWarning(Danger.NO_WORKER)]
    return (*found, *_of_providers(house.active_providers(session)))


def _of_providers(active: list[ActiveProvider]) -> list[StandingWarning]:
    if not active:
        return [StandingWarning(Danger.NO_ACTIVE_PROVIDER)]
    down = [item for item in active if item.breaker is not BreakerState.CLOSED]
    if len(down) == len(active):
        return [_about(Danger.NO_USABLE_PROVIDER, down)]
    found = []
    primaries_down = [item for item in down if item.service_type is ServiceType.PRIMARY]
    if primaries_down:
        found.append(_about(Danger.ON_FALLBACK, primaries_down))
    if not any(item.service_type is ServiceType.FALLBACK for item in active):
        found.append(StandingWarning(Danger.NO_FALLBACK))
    return found


def _about(danger: Danger, down: list[ActiveProvider]) -> StandingWarning:
    times = [item.opened_at for item in down if item.opened_at is not None]
    names = tuple(item.name for item in down)
    return StandingWarning(danger, names=names, since=min(times, default=None))
