"""The mailing log as people look at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.discretion import may_know, told_reason
from panel.storage.database import Session
from panel.storage.queries import mailing_log as queries
from panel.storage.queries import providers
from panel.storage.queries.mailing_log import LogFilter, LogRow
from panel.storage.queries.paging import Cursor, Page

__all__ = [
    "Cursor",
    "LogFilter",
    "LogRow",
    "ProviderChoice",
    "every_row",
    "log_page",
    "provider_choices",
]

AT_ONCE = 1000
"""Rows of one read, so that no read keeps the database busy for long."""


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """A provider that the log can be narrowed to."""

    id: int
    name: str


def log_page(session: Session, actor: Actor, *, wanted: LogFilter, cursor: Cursor) -> Page[LogRow]:
    """One page of attempts, as far as they are the actor's to see."""
    authorise(actor, Permission.SEE_MAILING_LOG)
    found = queries.log_page(session, actor.scope, wanted=wanted, cursor=cursor)
    return replace(found, rows=tuple(_discreet(actor, row) for row in found.rows))


def every_row(session: Session, actor: Actor, *, wanted: LogFilter) -> Iterator[LogRow]:
    """All attempts that match, newest first, read a thousand at a time as they are asked for."""
    authorise(actor, Permission.SEE_MAILING_LOG)
    return _every_row(session, actor, wanted)


def _every_row(session: Session, actor: Actor, wanted: LogFilter) -> Iterator[LogRow]:
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        found = queries.log_page(session, actor.scope, wanted=wanted, cursor=cursor, size=AT_ONCE)
        session.rollback()
        for row in found.rows:
            yield _discreet(actor, row)
        cursor = Cursor(before=found.older) if found.older is not None else None


def provider_choices(session: Session, actor: Actor) -> tuple[ProviderChoice, ...]:
    """The present providers of the actor's own side, in their order."""
    authorise(actor, Permission.SEE_MAILING_LOG)
    found = providers.listed(session, actor.scope.partner_id, scope=actor.scope)
    return tuple(ProviderChoice(item.provider.id, item.provider.name) for item in found)


def _discreet(actor: Actor, row: LogRow) -> LogRow:
    rule, said = told_reason(actor, row.rule, row.said)
    if may_know(actor, row.provider_partner_id):
        return replace(row, rule=rule, said=said)
    return replace(row, provider_name="", rule=rule, said="")
