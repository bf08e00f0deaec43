"""What every page says about the house: its name, and what endangers mail right now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from panel.domain.breaker import BreakerState
from panel.domain.permission import Actor, Permission
from panel.services.discretion import told_reason
from panel.storage.database import Session
from panel.storage.queries import house
from panel.storage.queries import installation as installation_queries
from panel.storage.queries.house import ActiveProvider
from panel.storage.queries.provider_minutes import MINUTES_KEPT, carried_since, sent_since


class Danger(StrEnum):
    """Something that stops or endangers mail."""

    NO_WORKER = "no_worker"
    NO_ACTIVE_PROVIDER = "no_active_provider"
    NO_USABLE_PROVIDER = "no_usable_provider"
    """All active ones rest after faults or were put aside."""
    NO_FALLBACK = "no_fallback"
    NO_TESTED_FALLBACK = "no_tested_fallback"
    """None of the active ones has ever shown that it works."""
    ON_FALLBACK = "on_fallback"
    """A primary cannot take mail, and fallbacks carry it."""
    PRIMARY_DOWN = "primary_down"
    """The same, and other primaries carry it."""
    PARTNERS_SERVER = "partners_server"
    """Servers of partners were put aside; told to operators."""
    OWN_SERVER = "own_server"
    """The same, told to the people of that partner."""


@dataclass(frozen=True, slots=True)
class StandingWarning:
    """A danger. Of providers that cannot take mail also which, since when and why the first cannot,
    and who has carried how many mails instead.
    """

    danger: Danger
    names: tuple[str, ...] = ()
    since: datetime | None = None
    rule: str = ""
    carriers: tuple[str, ...] = ()
    mails: int = 0


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
    """The gravest first; a partner's people are told of its own servers only."""
    if actor.is_partner:
        return _of_partners(session, actor, Danger.OWN_SERVER)
    if not actor.may(Permission.SEE_OVERVIEW):
        return ()
    has_worker = house.has_live_worker(session, now=now)
    found = [] if has_worker else [StandingWarning(Danger.NO_WORKER)]
    of_house = _of_providers(session, house.active_providers(session), now=now)
    return (*found, *of_house, *_of_partners(session, actor, Danger.PARTNERS_SERVER))


def _of_partners(session: Session, actor: Actor, danger: Danger) -> tuple[StandingWarning, ...]:
    if not actor.may(Permission.OWN_SMTP):
        return ()
    aside = house.put_aside_of_partners(session, actor.scope.partner_id)
    if not aside:
        return ()
    warning = _about(danger, aside)
    return (replace(warning, rule=told_reason(actor, warning.rule, "")[0]),)


def _of_providers(
    session: Session, active: list[ActiveProvider], *, now: datetime
) -> list[StandingWarning]:
    if not active:
        return [StandingWarning(Danger.NO_ACTIVE_PROVIDER)]
    down = [item for item in active if item.breaker is not BreakerState.CLOSED]
    if len(down) == len(active):
        return [_about(Danger.NO_USABLE_PROVIDER, down)]
    found = []
    if any(item.is_primary for item in down):
        found.append(_without(session, active, now=now))
    fallbacks = [item for item in active if not item.is_primary]
    if not fallbacks:
        found.append(StandingWarning(Danger.NO_FALLBACK))
    elif not _is_any_tested(session, fallbacks, now=now):
        found.append(StandingWarning(Danger.NO_TESTED_FALLBACK))
    return found


def _without(session: Session, active: list[ActiveProvider], *, now: datetime) -> StandingWarning:
    """Primaries are down: who carries their mail, as far as that is still known."""
    primaries = [item for item in active if item.is_primary]
    down = [item for item in primaries if item.breaker is not BreakerState.CLOSED]
    spares = {item.id: item.name for item in active if not item.is_primary}
    warning = _about(Danger.PRIMARY_DOWN, down)
    sent: dict[int, int] = {}
    if warning.since is not None and warning.since > now - MINUTES_KEPT:
        sent = sent_since(session, spares, warning.since)
    if not sent and len(down) < len(primaries):
        return warning
    return replace(
        warning,
        danger=Danger.ON_FALLBACK,
        carriers=tuple(name for id_, name in spares.items() if id_ in sent),
        mails=sum(sent.values()),
    )


def _is_any_tested(session: Session, fallbacks: list[ActiveProvider], *, now: datetime) -> bool:
    if any(item.is_tested for item in fallbacks):
        return True
    ids = [item.id for item in fallbacks]
    return bool(carried_since(session, ids, now - MINUTES_KEPT))


def _about(danger: Danger, down: list[ActiveProvider]) -> StandingWarning:
    """Of several that are down the first to be is the one to explain."""
    names = tuple(item.name for item in down)
    known = [(item.opened_at, item.rule) for item in down if item.opened_at is not None]
    since, rule = min(known, default=(None, ""))
    return StandingWarning(danger, names=names, since=since, rule=rule)
