"""The audit: who changed what, newest first, narrowed by what an index or a window can carry."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session

from panel.storage.models import Application, AuditEvent, Partner, Provider, User
from panel.storage.queries.moments import first_event_since
from panel.storage.queries.paging import AnyRow, AnySelect, Cursor, Page, Search, page

_SUBJECT = re.compile(r"[a-z_]+:[A-Za-z0-9_-]+|queue")
_MOST_SUBJECTS = 20
_LARGEST_ID = 10**18


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What the audit is narrowed to; None and empty leave it as it is."""

    who: str = ""
    """An actor, or how one begins."""
    what: str = ""
    """An action such as `provider.changed`."""
    object: str = ""
    """A subject such as `provider:7`, or the name of a provider, user, partner or application."""
    since: datetime | None = None
    until: datetime | None = None
    """What happened before this."""

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything through."""
        return self == AuditFilter()


@dataclass(frozen=True, slots=True)
class Event:
    """One change as it was written down."""

    id: int
    at: datetime
    actor: str
    address: str
    action: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Named:
    """What a subject is called; one that is gone keeps its name where that is known."""

    name: str
    is_there: bool = True


def audit_page(session: Session, *, wanted: AuditFilter, cursor: Cursor) -> Page[Event]:
    """One page of events, newest first."""
    between = _between(session, wanted)
    by_index, by_row = _narrowed(session, wanted)
    candidates = select(AuditEvent.id).where(*between, *by_index)
    search = Search(
        candidates=candidates,
        rows=_rows().where(*between, *by_index, *by_row),
        column=AuditEvent.id,
        is_filtered=bool(by_row),
    )
    return page(session, search, cursor, build=_event)


def events_of(session: Session, subject: str, *, limit: int) -> list[Event]:
    """The newest events of one subject."""
    newest = _rows().where(AuditEvent.subject == subject).order_by(AuditEvent.id.desc())
    return [_event(row) for row in session.execute(newest.limit(limit))]


def latest_events(
    session: Session, *, besides: Collection[str], limit: int, among: int
) -> list[Event]:
    """The newest events but for some actions, as far as the newest `among` have such."""
    newest = select(AuditEvent.id).order_by(AuditEvent.id.desc()).limit(among).subquery()
    rows = (
        _rows()
        .where(AuditEvent.id.in_(select(newest.c.id)), AuditEvent.action.not_in(besides))
        .order_by(AuditEvent.id.desc())
    )
    return [_event(row) for row in session.execute(rows.limit(limit))]


def subject_names(session: Session, subjects: Iterable[str]) -> dict[str, Named]:
    """What these subjects are called, as far as they have names."""
    ids: dict[str, set[int]] = {
        "provider": set(),
        "user": set(),
        "partner": set(),
        "application": set(),
    }
    for subject in subjects:
        kind, _, number = subject.partition(":")
        if kind in ids and number.isascii() and number.isdigit() and int(number) < _LARGEST_ID:
            ids[kind].add(int(number))
    statements = {
        "provider": select(Provider.id, Provider.name, Provider.deleted_at.is_(None)),
        "user": select(User.id, User.email, User.deleted_at.is_(None)),
        "partner": select(Partner.id, Partner.name, Partner.deleted_at.is_(None)),
        "application": select(Application.id, Application.name, Application.id.is_not(None)),
    }
    found: dict[str, Named] = {}
    for kind, statement in statements.items():
        if ids[kind]:
            rows = session.execute(statement.where(statement.selected_columns[0].in_(ids[kind])))
            # A removed user has its id behind its address.
            found |= {
                f"{kind}:{row[0]}": Named(row[1].removesuffix(f"~{row[0]}"), bool(row[2]))
                for row in rows
            }
    return found


def actions(session: Session) -> list[str]:
    """Every action that was ever written down; one look-up in the index for each."""
    found: list[str] = []
    following = session.scalar(select(func.min(AuditEvent.action)))
    while following is not None:
        found.append(following)
        beyond = select(func.min(AuditEvent.action)).where(AuditEvent.action > following)
        following = session.scalar(beyond)
    return found


def _narrowed(
    session: Session, wanted: AuditFilter
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
    """The condition that an index carries in the order of ids, and those that look at rows."""
    exact: list[ColumnElement[bool]] = []
    if wanted.object:
        exact.append(AuditEvent.subject.in_(_subjects(session, wanted.object)))
    actor = _actor(session, wanted.who)
    if actor:
        exact.append(_is_by(actor))
    if wanted.what:
        exact.append(AuditEvent.action == wanted.what)
    by_row = exact[1:]
    if wanted.who and not actor:
        begins = func.lower(AuditEvent.actor).startswith(wanted.who.lower(), autoescape=True)
        by_row.append(begins)
    return exact[:1], by_row


def _actor(session: Session, who: str) -> str:
    """The actor of this name, as typed or in small letters; empty when there is none."""
    tried = (name for name in (who, who.lower()) if name)
    known = (name for name in tried if session.scalar(select(exists().where(_is_by(name)))))
    return next(known, "")


def _is_by(actor: str) -> ColumnElement[bool]:
    return AuditEvent.actor == actor


def _between(session: Session, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.since is not None:
        conditions.append(AuditEvent.id >= first_event_since(session, wanted.since))
    if wanted.until is not None:
        conditions.append(AuditEvent.id < first_event_since(session, wanted.until))
    return conditions


def _subjects(session: Session, text: str) -> list[str]:
    """The subjects that a text names: itself where it has their form, else all of that name."""
    if _SUBJECT.fullmatch(text):
        return [text]
    name = func.lower(text)
    called = {
        "provider": select(Provider.id).where(func.lower(Provider.name) == name),
        "user": select(User.id).where(User.email == name),
        "partner": select(Partner.id).where(
            or_(func.lower(Partner.name) == name, Partner.slug == name)
        ),
        "application": select(Application.id).where(func.lower(Application.name) == name),
    }
    return [
        f"{kind}:{number}"
        for kind, statement in called.items()
        for number in session.scalars(statement.limit(_MOST_SUBJECTS))
    ]


def _rows() -> AnySelect:
    return select(
        AuditEvent.id,
        AuditEvent.at,
        AuditEvent.actor,
        AuditEvent.address,
        AuditEvent.action,
        AuditEvent.subject,
        AuditEvent.before,
        AuditEvent.after,
    )


def _event(row: AnyRow) -> Event:
    return Event(**row._asdict())
