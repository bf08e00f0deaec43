"""Is mail flowing? Figures and the day before, the chain of the house, what was changed lately,
what somebody should look after, and what is left to set up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from panel.domain.breaker import BreakerState
from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.services.access import authorise
from panel.services.audit_trail import Trail, latest_changes
from panel.services.provider_health import Condition, Worry, conditions, worries
from panel.services.providers import ProviderState, state
from panel.storage.database import Session
from panel.storage.queries import overview as queries
from panel.storage.queries import providers
from panel.storage.queries.overview import Count, FirstSteps, OldestWaiting
from panel.storage.queries.readings import reading_at
from panel.storage.queries.traffic import DAY, day_begin, sent_between
from panel.storage.vault import Vault

__all__ = [
    "ChainBox",
    "Count",
    "Figure",
    "FirstSteps",
    "OldestWaiting",
    "Overview",
    "show_overview",
]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number, and what it was a day before; None where nobody counted then."""

    count: Count
    before: int | None


@dataclass(frozen=True, slots=True)
class ChainBox:
    """One provider of the house as the overview shows it."""

    state: ProviderState
    condition: Condition
    is_in_use: bool
    """The first that can take mail at this moment."""
    sent: int
    """Mails of the last hour."""
    percent: int | None
    """Of what the whole chain sent in it; None when that was nothing."""
    took_ms: int
    """What one of them took on average."""


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything on the page."""

    since: datetime
    """Sent and failed are counted from then on; the day before, from a day earlier."""
    sent: Figure
    waiting: Figure
    failed: Figure
    unconfirmed: Figure
    oldest: OldestWaiting | None
    chain: tuple[ChainBox, ...]
    worries: tuple[Worry, ...]
    """Told to those who see the list of providers."""
    changes: Trail | None
    """Told to those who see the audit."""
    steps: FirstSteps | None
    """None when all is set up, and for those who cannot set it up."""


def show_overview(session: Session, actor: Actor, *, vault: Vault, now: datetime) -> Overview:
    """The state of the whole house over the last 24 hours."""
    authorise(actor, Permission.SEE_OVERVIEW)
    rows = providers.listed(session, None, scope=EVERYTHING)
    how = conditions(session, rows, now=now)
    since = day_begin(now)
    sees_providers = actor.may(Permission.SEE_PROVIDERS)
    steps = queries.first_steps(session) if actor.may(Permission.CHANGE_PROVIDERS) else None
    waiting, failed, unconfirmed = _of_queue(session, since, now=now)
    return Overview(
        since=since,
        sent=Figure(
            Count(sent_between(session, since, now)),
            before=sent_between(session, since - DAY, now - DAY),
        ),
        waiting=waiting,
        failed=failed,
        unconfirmed=unconfirmed,
        oldest=queries.oldest_waiting(session),
        chain=_chain([(state(row, vault), how[row.provider.id]) for row in rows]),
        worries=worries(rows, how, now=now) if sees_providers else (),
        changes=latest_changes(session, actor) if actor.may(Permission.SEE_AUDIT) else None,
        steps=steps if steps and not steps.are_done else None,
    )


def _of_queue(session: Session, since: datetime, *, now: datetime) -> tuple[Figure, Figure, Figure]:
    """Waiting, failed and unconfirmed: the rows themselves are counted; where they are too many for
    that, the last reading of a worker tells, which is a minute old.
    """
    newest, before = reading_at(session, now), reading_at(session, now - DAY)
    failed = queries.failed_count(session, since)
    failed_before = queries.failed_count(session, since - DAY, now - DAY)
    waiting, unconfirmed = queries.waiting_count(session), queries.unconfirmed_count(session)
    if newest is not None:
        failed = _larger(failed, newest.failed)
        waiting = _larger(waiting, newest.waiting)
        unconfirmed = _larger(unconfirmed, newest.unconfirmed)
    if before is None:
        known = None if failed_before.is_capped else failed_before.number
        return Figure(waiting, None), Figure(failed, known), Figure(unconfirmed, None)
    return (
        Figure(waiting, before.waiting),
        Figure(failed, _larger(failed_before, before.failed).number),
        Figure(unconfirmed, before.unconfirmed),
    )


def _larger(count: Count, read: int) -> Count:
    """What was read, where counting stopped before."""
    return Count(read) if count.is_capped and read > count.number else count


def _chain(found: Sequence[tuple[ProviderState, Condition]]) -> tuple[ChainBox, ...]:
    in_use = next((one.provider.id for one, how in found if _takes_mail(one, how)), None)
    whole = sum(_sent_lately(how) for _, how in found)
    return tuple(
        _box(one, how, is_in_use=one.provider.id == in_use, whole=whole) for one, how in found
    )


def _takes_mail(one: ProviderState, how: Condition) -> bool:
    is_able = one.has_readable_secret and one.breaker.state is BreakerState.CLOSED
    has_room = not any(share.is_used_up for share in how.shares if share.window_s > 1)
    return one.provider.is_active and is_able and has_room


def _box(one: ProviderState, how: Condition, *, is_in_use: bool, whole: int) -> ChainBox:
    sent = _sent_lately(how)
    return ChainBox(
        state=one,
        condition=how,
        is_in_use=is_in_use,
        sent=sent,
        percent=round(100 * sent / whole) if whole else None,
        took_ms=sum(bucket.sending_ms for bucket in how.last_hour) // sent if sent else 0,
    )


def _sent_lately(how: Condition) -> int:
    return sum(bucket.sent for bucket in how.last_hour)
