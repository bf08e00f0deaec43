"""How the providers of a list do: what they carried, what is left of their allowances, what came of
the tests that workers make by themselves, and what of all that somebody should look after.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from panel.domain.budget import Share, shares
from panel.domain.permission import Actor, Permission
from panel.domain.provider import ServiceType
from panel.services.access import authorise
from panel.services.provider_lists import refuse_foreign_owner
from panel.storage.database import Session
from panel.storage.queries import provider_minutes, providers
from panel.storage.queries.provider_minutes import BUCKET, Bucket
from panel.storage.queries.providers import Listed
from panel.storage.queue.budgets import used_budgets

__all__ = [
    "BUCKET",
    "Bucket",
    "Concern",
    "Condition",
    "Retest",
    "Share",
    "Worry",
    "conditions",
    "observe",
    "worries",
]

LONGEST_UNTESTED = timedelta(days=30)
CERTIFICATE_NOTICE = timedelta(days=21)


class Concern(StrEnum):
    """What does not stop mail, but may one day."""

    NO_PRIMARY = "no_primary"
    RETEST_FAILED = "retest_failed"
    UNTESTED = "untested"
    TEST_IS_OLD = "test_is_old"
    CERTIFICATE_ENDS = "certificate_ends"


@dataclass(frozen=True, slots=True)
class Worry:
    """A concern, the providers that it is about, and the first time that matters."""

    concern: Concern
    names: tuple[str, ...] = ()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retest:
    """What came of the last test that a worker made by itself; no `rule`: it passed."""

    at: datetime
    rule: str
    said: str


@dataclass(frozen=True, slots=True)
class Condition:
    """How one provider does."""

    last_hour: tuple[Bucket, ...]
    shares: tuple[Share, ...]
    """Of its limits, those that are set."""
    retest: Retest | None
    certificate_ends_at: datetime | None
    ends_soon: bool
    """The certificate does, or has ended."""
    shown_at: datetime | None
    """When it last showed that it works: by a test, or by mail of the last days."""


def observe(
    session: Session, actor: Actor, *, now: datetime, partner_id: int | None = None
) -> tuple[dict[int, Condition], tuple[Worry, ...]]:
    """How each provider of a list does, by its id, and what somebody should look after."""
    authorise(actor, Permission.OWN_SMTP)
    refuse_foreign_owner(actor, partner_id)
    rows = providers.listed(session, partner_id, scope=actor.scope)
    found = conditions(session, rows, now=now)
    return found, worries(rows, found, now=now)


def conditions(session: Session, rows: Sequence[Listed], *, now: datetime) -> dict[int, Condition]:
    """How providers do, by their ids; whoever asks has made sure that they may be seen."""
    ids = [row.provider.id for row in rows]
    hours = provider_minutes.last_hour(session, ids, now=now)
    kept = now - provider_minutes.MINUTES_KEPT
    carried = provider_minutes.carried_since(session, ids, kept)
    usages = used_budgets(session)
    found = {}
    for row in rows:
        key, ends_at = row.provider.id, _certificate_end(row)
        found[key] = Condition(
            last_hour=hours[key],
            shares=shares(row.provider.limits, tuple(usages.get(key, ())), now=now),
            retest=_retest(row),
            certificate_ends_at=ends_at,
            ends_soon=ends_at is not None and ends_at < now + CERTIFICATE_NOTICE,
            shown_at=now if key in carried else _shown_at(row),
        )
    return found


def worries(
    rows: Sequence[Listed], found: Mapping[int, Condition], *, now: datetime
) -> tuple[Worry, ...]:
    """What somebody should look after, the gravest first; only about providers that are in use."""
    return tuple(_worries(rows, found, now=now))


def _retest(row: Listed) -> Retest | None:
    health = row.health
    if health is None or health.retested_at is None:
        return None
    return Retest(health.retested_at, health.retest_rule, health.retest_said)


def _certificate_end(row: Listed) -> datetime | None:
    """Only of the server that stands there now."""
    is_its_own = row.health and row.health.certificate_of == row.provider.host_and_port
    return row.health.certificate_ends_at if row.health and is_its_own else None


def _shown_at(row: Listed) -> datetime | None:
    retest = _retest(row)
    times = (
        row.provider.verified_at if row.provider.is_verified else None,
        retest.at if retest and not retest.rule else None,
    )
    return max((at for at in times if at is not None), default=None)


def _worries(
    rows: Sequence[Listed], found: Mapping[int, Condition], *, now: datetime
) -> Iterable[Worry]:
    active = [row.provider for row in rows if row.provider.is_active]
    if active and not any(item.service_type is ServiceType.PRIMARY for item in active):
        yield Worry(Concern.NO_PRIMARY)
    failed, untested, old, ending = [], [], [], []
    for provider in active:
        condition = found[provider.id]
        shown, retest, ends = condition.shown_at, condition.retest, condition.certificate_ends_at
        if retest is not None and retest.rule:
            failed.append((provider.name, retest.at))
        elif shown is None:
            untested.append((provider.name, now))
        elif shown < now - LONGEST_UNTESTED:
            old.append((provider.name, shown))
        if ends is not None and condition.ends_soon:
            ending.append((provider.name, ends))
    yield from _about(Concern.RETEST_FAILED, failed)
    yield from _about(Concern.UNTESTED, untested)
    yield from _about(Concern.TEST_IS_OLD, old)
    yield from _about(Concern.CERTIFICATE_ENDS, ending)


def _about(concern: Concern, named: list[tuple[str, datetime]]) -> Iterable[Worry]:
    if named:
        names = tuple(name for name, _at in named)
        yield Worry(concern, names, min(at for _name, at in named))
