"""How much mail there is, without counting it: from deliveries that are picked by chance.

Their keys are numbers without large gaps, so a thousand keys between the first and the last show
how many of them are there and what they are like, on either database and however many there are.
Few are all looked at; then the figures are exact.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, exists, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from panel.domain.delivery import Stream
from panel.storage.models import AuditEvent, Delivery, Message
from panel.storage.models.delivery import IS_WAITING
from panel.storage.queries.paging import AnySelect

PICKED = 1000
"""Keys that are looked up."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many; about so many where they were not all counted."""

    value: int
    is_exact: bool = True


@dataclass(frozen=True, slots=True)
class Picked:
    """One delivery by which others are judged."""

    stream: Stream
    attempts: int
    is_first: bool
    """Of the recipients of its mail: those that are stand for mails."""
    has_body: bool
    size: int
    """Octets of the mail."""
    ended_at: datetime | None
    """When the last recipient of its mail ended, told of first ones; None: not all have."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Deliveries by chance, and for how many each of them stands."""

    rows: tuple[Picked, ...]
    weight: float

    def count(self, figures: Iterable[int]) -> Count:
        """The sum of a figure of the rows, for all that they stand for."""
        return Count(round(sum(figures) * self.weight), self.weight == 1)


@dataclass(frozen=True, slots=True)
class StreamSize:
    """What is kept of one stream."""

    mails: Count
    bodies: Count
    """Mails whose content is still there."""
    attempts: Count


@dataclass(frozen=True, slots=True)
class DatabaseSize:
    """Octets of the database; `free` of them are used again before it grows."""

    total: int
    free: int | None
    """None where the database does not tell."""
    audit_events: int
    """About so many: it is the number of the last one."""


def pick(session: Session) -> Sample:
    """Deliveries by chance, or all when there are few."""
    first, last = session.execute(select(func.min(Delivery.id), func.max(Delivery.id))).one()
    if first is None:
        return Sample((), 1)
    keys, span = range(first, last + 1), last - first + 1
    chosen = keys if span <= PICKED else random.sample(keys, PICKED)
    rows = session.execute(_rows().where(Delivery.id.in_(chosen))).all()
    ends = _ends(session, {row.message_id for row in rows if row.is_first})
    picked = tuple(
        Picked(
            row.stream,
            row.attempts,
            row.is_first,
            row.has_body,
            row.size,
            ends.get(row.message_id),
        )
        for row in rows
    )
    return Sample(picked, max(span / PICKED, 1))


def size_of(sample: Sample, stream: Stream) -> StreamSize:
    """How much there is of a stream."""
    rows = [row for row in sample.rows if row.stream is stream]
    return StreamSize(
        mails=sample.count(row.is_first for row in rows),
        bodies=sample.count(row.is_first and row.has_body for row in rows),
        attempts=sample.count(row.attempts for row in rows),
    )


def database_size(session: Session) -> DatabaseSize:
    """What the database says of itself."""
    events = session.scalar(select(func.max(AuditEvent.id))) or 0
    if session.get_bind().dialect.name == "postgresql":
        total = session.scalar(select(func.pg_database_size(func.current_database())))
        return DatabaseSize(total or 0, None, events)
    page, pages, free = (
        session.scalar(text(f"PRAGMA {name}")) or 0
        for name in ("page_size", "page_count", "freelist_count")
    )
    return DatabaseSize(page * pages, page * free, events)


def _rows() -> AnySelect:
    other = aliased(Delivery)
    is_earlier = and_(other.message_id == Delivery.message_id, other.id < Delivery.id)
    return select(
        Delivery.message_id,
        Delivery.stream,
        Delivery.attempts,
        (~exists().where(is_earlier).correlate(Delivery)).label("is_first"),
        Message.content_digest.is_not(None).label("has_body"),
        Message.size,
    ).join(Message, Message.id == Delivery.message_id)


def _ends(session: Session, ids: Collection[str]) -> dict[str, datetime]:
    """When the last recipient of each message ended, of those of which all have."""
    is_open = case((or_(Delivery.ended_at.is_(None), IS_WAITING), 1), else_=0)
    statement = (
        select(Delivery.message_id, func.max(Delivery.ended_at))
        .where(Delivery.message_id.in_(ids))
        .group_by(Delivery.message_id)
        .having(func.sum(is_open) == 0)
    )
    return {identifier: at for identifier, at in session.execute(statement) if at is not None}
