"""The mailing log: every attempt, newest first, narrowed by what an index or a window can carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from panel.domain.delivery import AttemptStatus
from panel.domain.identifier import LENGTH
from panel.domain.permission import Scope, narrowed
from panel.storage.models import Attempt, Delivery, Message, Provider
from panel.storage.models.delivery import IS_SENDING
from panel.storage.queries.moments import first_attempt_since
from panel.storage.queries.paging import (
    PAGE_SIZE,
    AnyRow,
    AnySelect,
    Cursor,
    Lead,
    Page,
    Search,
    page,
)
from panel.storage.queries.recipients import MOST, deliveries_to, recipient_starts, subject_has


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What the log is narrowed to; None and empty leave it as it is."""

    status: AttemptStatus | None = None
    provider_id: int | None = None
    query: str = ""
    """An id (of a message, its Message-ID, of an attempt or a delivery), how a recipient begins,
    part of a subject, or a provider's own number for a mail."""
    since: datetime | None = None
    until: datetime | None = None
    """Attempts that began before this."""
    owner: str = ""
    """Whose mail, see `narrowed`; only for those who see everybody's."""

    @property
    def is_empty(self) -> bool:
        """Whether it lets everything through."""
        return self == LogFilter()


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of the log; `provider_partner_id` says whose provider it was, None: the house's."""

    id: int
    delivery_id: int
    number: int
    message_id: str
    recipient: str
    subject: str
    provider_id: int
    provider_name: str
    provider_partner_id: int | None
    status: AttemptStatus
    rule: str
    said: str
    is_copy: bool
    started_at: datetime
    finished_at: datetime | None

    @property
    def duration_ms(self) -> int | None:
        """How long the try took, None while it goes on."""
        if self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


def log_page(
    session: Session,
    scope: Scope,
    *,
    wanted: LogFilter,
    cursor: Cursor,
    size: int = PAGE_SIZE,
) -> Page[LogRow]:
    """One page of attempts, newest first."""
    deliveries = _deliveries(session, wanted)
    lead, left = _lead(scope, wanted, is_known=deliveries is not None)
    by_row = _looked_at(left, scope)
    rows = _rows().where(*by_row)
    if deliveries is not None:
        rows = rows.where(Attempt.delivery_id.in_(deliveries))
    search = Search(
        candidates=select(Attempt.id),
        rows=rows,
        column=Attempt.id,
        lead=lead,
        begin=first_attempt_since(session, wanted.since) if wanted.since else None,
        end=first_attempt_since(session, wanted.until) if wanted.until else None,
        time=Attempt.started_at,
        has_text=bool(left.query),
        is_filtered=bool(by_row) and deliveries is None,
    )
    return page(session, search, cursor, build=_row, size=size)


def _lead(scope: Scope, wanted: LogFilter, *, is_known: bool) -> tuple[Lead | None, LogFilter]:
    """What the log is read by, and what is left to be looked for in its rows."""
    if is_known:
        wanted = replace(wanted, query="")
    owned = narrowed(scope, wanted.owner)
    if not owned.is_everything:
        return Lead(Attempt.partner_id, owned.partner_id), wanted
    if wanted.provider_id is not None:
        return Lead(Attempt.provider_id, wanted.provider_id), replace(wanted, provider_id=None)
    return None, wanted


def _deliveries(session: Session, wanted: LogFilter) -> list[int] | None:
    """The few whose attempts are meant, by index; None when the log itself is to be looked at."""
    if wanted.query:
        return _named(session, wanted.query)
    if wanted.status is AttemptStatus.IN_PROGRESS:
        return _being_sent(session)
    return None


def _being_sent(session: Session) -> list[int] | None:
    found = list(session.scalars(select(Delivery.id).where(IS_SENDING).limit(MOST + 1)))
    return None if len(found) > MOST else found


def _named(session: Session, query: str) -> list[int] | None:
    """What an id or an address names; None when it is, or may be, part of a subject."""
    message_id = _message_id(query)
    if message_id is not None:
        of_message = select(Delivery.id).where(Delivery.message_id == message_id)
        return list(session.scalars(of_message))
    if _is_row_id(query):
        of_attempt = select(Attempt.delivery_id).where(Attempt.id == int(query))
        return [int(query), *session.scalars(of_attempt)]
    # Without the sign it may as well be a part of a subject.
    return (deliveries_to(session, query) or None) if "@" in query else None


def _looked_at(wanted: LogFilter, scope: Scope) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.status is not None:
        conditions.append(Attempt.status == wanted.status)
    if wanted.provider_id is not None:
        conditions.append(Attempt.provider_id == wanted.provider_id)
    if wanted.query:
        conditions.append(_names(wanted.query, scope))
    return conditions


def _names(query: str, scope: Scope) -> ColumnElement[bool]:
    """A partner's people find no mail by what the house's provider calls it."""
    is_reference = Attempt.provider_reference == query
    if not scope.is_everything:
        is_reference = and_(is_reference, Provider.partner_id == scope.partner_id)
    return or_(recipient_starts(query), subject_has(query), is_reference)


def _message_id(query: str) -> str | None:
    """The id of a message, given as such or as its Message-ID; None when it is neither."""
    given = query.strip("<>").partition("@")[0]
    is_id = len(given) == LENGTH and given.isascii() and given.isalnum()
    return given.upper() if is_id else None


def _is_row_id(query: str) -> bool:
    return query.isascii() and query.isdigit() and len(query) < 19


def _rows() -> AnySelect:
    return (
        select(
            Attempt.id,
            Attempt.delivery_id,
            Attempt.number,
            Delivery.message_id,
            Delivery.recipient,
            Message.subject,
            Attempt.provider_id,
            Attempt.provider_name,
            Provider.partner_id.label("provider_partner_id"),
            Attempt.status,
            Attempt.rule,
            Attempt.said,
            Attempt.is_copy,
            Attempt.started_at,
            Attempt.finished_at,
        )
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .join(Message, Message.id == Delivery.message_id)
        .outerjoin(Provider, Provider.id == Attempt.provider_id)
    )


def _row(row: AnyRow) -> LogRow:
    return LogRow(**row._asdict())
