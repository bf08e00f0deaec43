"""The mailing log: every attempt, newest first, narrowed by what an index or a window can carry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from panel.domain.delivery import AttemptStatus
from panel.domain.identifier import LENGTH
from panel.domain.permission import Scope
from panel.storage.models import Attempt, Delivery, Message, Provider
from panel.storage.queries.moments import first_attempt_since
from panel.storage.queries.paging import (
    PAGE_SIZE,
    AnyRow,
    AnySelect,
    Cursor,
    Page,
    Search,
    page,
)
from panel.storage.queries.recipients import recipient_starts, subject_has
from panel.storage.scope import within


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
    by_index = [*_between(session, wanted), *_of_deliveries(session, wanted.query)]
    by_window = _looked_at(wanted, scope)
    candidates = within(select(Attempt.id), Attempt.partner_id, scope).where(*by_index)
    search = Search(
        candidates=candidates,
        rows=within(_rows(), Attempt.partner_id, scope).where(*by_index, *by_window),
        column=Attempt.id,
        is_filtered=bool(by_window),
    )
    return page(session, search, cursor, build=_row, size=size)


def _between(session: Session, wanted: LogFilter) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.since is not None:
        conditions.append(Attempt.id >= first_attempt_since(session, wanted.since))
    if wanted.until is not None:
        conditions.append(Attempt.id < first_attempt_since(session, wanted.until))
    return conditions


def _of_deliveries(session: Session, query: str) -> list[ColumnElement[bool]]:
    """The attempts of what an id names; no condition when the query is no id."""
    message_id = _message_id(query)
    if message_id is not None:
        of_message = select(Delivery.id).where(Delivery.message_id == message_id)
        return [Attempt.delivery_id.in_(session.scalars(of_message).all())]
    if _is_row_id(query):
        of_attempt = select(Attempt.delivery_id).where(Attempt.id == int(query))
        return [Attempt.delivery_id.in_([int(query), *session.scalars(of_attempt)])]
    return []


def _looked_at(wanted: LogFilter, scope: Scope) -> list[ColumnElement[bool]]:
    conditions = []
    if wanted.status is not None:
        conditions.append(Attempt.status == wanted.status)
    if wanted.provider_id is not None:
        conditions.append(Attempt.provider_id == wanted.provider_id)
    if wanted.query and _message_id(wanted.query) is None and not _is_row_id(wanted.query):
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
