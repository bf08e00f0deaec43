"""Going through all deliveries that match a filter, oldest first, a span of the queue at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from panel.domain.permission import Scope
from panel.storage.models import Delivery
from panel.storage.queries.paging import AnySelect
from panel.storage.queries.queue import QueueFilter, matching

SPAN = 5000
"""Waiting deliveries that are looked at for one batch: a filter that lets few of them through
must not make whoever looks hold others up."""


@dataclass(frozen=True, slots=True)
class Range:
    """Which deliveries are meant: those that match and were there at a certain moment."""

    scope: Scope
    wanted: QueueFilter
    newest_id: int
    newest_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """Deliveries that match, and the id up to which all have been looked at."""

    ids: tuple[int, ...]
    until: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest delivery there is."""

    id: int
    created_at: datetime


def newest(session: Session) -> Newest | None:
    """None where there is none."""
    row = session.execute(
        select(Delivery.id, Delivery.created_at).order_by(Delivery.id.desc()).limit(1)
    ).one_or_none()
    return Newest(row.id, row.created_at) if row is not None else None


def count_matching(session: Session, scope: Scope, wanted: QueueFilter, *, limit: int) -> int:
    """How many match now, counted up to `limit`."""
    counted = matching(scope, wanted).limit(limit).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def count_range(session: Session, range_: Range) -> int:
    """How many of the range match now."""
    counted = _matching(range_, after=0).subquery()
    return session.scalar(select(func.count()).select_from(counted)) or 0


def next_span(session: Session, range_: Range, *, after: int, most: int) -> Span:
    """Up to `most` deliveries of the range whose ids come after `after`, by their ids."""
    edge = _edge(session, range_, after)
    until = edge if edge is not None else range_.newest_id
    found = _matching(range_, after=after).where(Delivery.id <= until)
    ids = tuple(session.scalars(found.order_by(Delivery.id).limit(most)))
    if len(ids) == most:
        return Span(ids, ids[-1], is_last=False)
    return Span(ids, until, is_last=edge is None)


def _matching(range_: Range, *, after: int) -> AnySelect:
    return matching(range_.scope, range_.wanted).where(
        Delivery.id > after,
        Delivery.id <= range_.newest_id,
        Delivery.created_at <= range_.newest_at,
    )


def _edge(session: Session, range_: Range, after: int) -> int | None:
    """The id at which the span ends; None when fewer are left."""
    waiting = matching(range_.scope, QueueFilter())
    ahead = waiting.where(Delivery.id > after, Delivery.id <= range_.newest_id)
    edge: int | None = session.scalar(ahead.order_by(Delivery.id).offset(SPAN - 1).limit(1))
    return edge
