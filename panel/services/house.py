"""What every page says about the house: its name, and what endangers mail right now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from panel.domain.permission import Actor, Permission
from panel.domain.provider import ServiceType
from panel.storage.database import Session
from panel.storage.queries import house
from panel.storage.queries import installation as installation_queries


class StandingWarning(StrEnum):
    """Something that stops or endangers mail."""

    NO_WORKER = "no_worker"
    NO_ACTIVE_PROVIDER = "no_active_provider"
    NO_FALLBACK = "no_fallback"


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
    found = [] if has_worker else [StandingWarning.NO_WORKER]
    active = house.active_providers(session)
    if not active:
        found.append(StandingWarning.NO_ACTIVE_PROVIDER)
    elif not active.get(ServiceType.FALLBACK):
        found.append(StandingWarning.NO_FALLBACK)
    return tuple(found)
