"""Removing what has been kept long enough: contents, and mails with all that hangs on them.

A mail is looked for by the end of any of its deliveries, and may go when the last of them ended in
time. One whose deliveries have not all ended is never touched; unconfirmed has not ended. First it
is looked for, which writes nothing; then what was found is looked at again, locked, and removed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from panel.domain.delivery import Stream
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Message, Ruling
from panel.storage.models.delivery import HAS_ENDED, IS_WAITING
from panel.storage.queries.paging import AnyRow
from panel.storage.queue.unused_contents import remove_unused

MOST_RECIPIENTS = 1000
"""Of all mails that are removed at once; a mail has no more."""
_PLAIN: dict[str, Any] = {"execution_options": {"synchronize_session": False}}


class Part(StrEnum):
    """What is removed of a mail."""

    BODY = "body"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Place:
    """How far the deliveries of a stream have been looked through, in the order of their ends."""

    ended_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    id: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Mails that may go, and where to look on; None: there is nothing behind them."""

    ids: tuple[str, ...]
    place: Place | None


def find(
    session: Session, stream: Stream, part: Part, *, until: datetime, after: Place, most: int
) -> Found:
    """Looks through up to `most` deliveries that ended by `until`, behind `after`."""
    rows = _ended(session, stream, until=until, after=after, most=most)
    fitting = _fitting(session, {row.message_id for row in rows}, part, until=until)
    chosen: dict[str, None] = {}
    place, recipients = after, 0
    for row in rows:
        if row.message_id in fitting and row.message_id not in chosen:
            recipients += fitting[row.message_id]
            if chosen and recipients > MOST_RECIPIENTS:
                return Found(tuple(chosen), place)
            chosen[row.message_id] = None
        place = Place(row.ended_at, row.id)
    return Found(tuple(chosen), place if len(rows) == most else None)


def remove(
    session: Session, part: Part, ids: Sequence[str], *, until: datetime, now: datetime
) -> int:
    """Removes what was found and still may go; the number of mails. The caller commits."""
    free = _locked(session, ids)
    fitting = sorted(_fitting(session, free, part, until=until))
    if not fitting:
        return 0
    digests = _digests(session, fitting)
    if part is Part.BODY:
        gone = update(Message).where(Message.id.in_(fitting))
        session.execute(gone.values(content_digest=None, body_removed_at=now), **_PLAIN)
    else:
        _remove_mails(session, fitting)
    remove_unused(session, digests)
    return len(fitting)


def is_over(until: datetime) -> ColumnElement[bool]:
    """Whether all deliveries of a message have ended by then."""
    is_later = or_(Delivery.ended_at.is_(None), Delivery.ended_at > until, IS_WAITING)
    return ~exists().where(Delivery.message_id == Message.id, is_later).correlate(Message)


def ended(stream: Stream, until: datetime) -> ColumnElement[bool]:
    """What ended by then, as its index has it."""
    return and_(Delivery.stream == stream, HAS_ENDED, Delivery.ended_at <= until)


def _ended(
    session: Session, stream: Stream, *, until: datetime, after: Place, most: int
) -> Sequence[AnyRow]:
    is_behind = or_(Delivery.ended_at > after.ended_at, Delivery.id > after.id)
    statement = (
        select(Delivery.id, Delivery.ended_at, Delivery.message_id)
        .where(ended(stream, until), Delivery.ended_at >= after.ended_at, is_behind)
        .order_by(Delivery.ended_at, Delivery.id)
        .limit(most)
    )
    return session.execute(statement).all()


def _fitting(
    session: Session, ids: Collection[str], part: Part, *, until: datetime
) -> dict[str, int]:
    """Those of the messages that may go, with the number of their recipients."""
    recipients = (
        select(func.count())
        .select_from(Delivery)
        .where(Delivery.message_id == Message.id)
        .correlate(Message)
        .scalar_subquery()
        .label("recipients")
    )
    statement = select(Message.id, recipients).where(Message.id.in_(ids), is_over(until))
    if part is Part.BODY:
        statement = statement.where(Message.content_digest.is_not(None))
    return {row.id: row.recipients for row in session.execute(statement)}


def _locked(session: Session, ids: Sequence[str]) -> set[str]:
    """Those of the messages of which nobody else is changing a delivery, and nobody will."""
    if session.get_bind().dialect.name == "sqlite":
        return set(ids)
    mine = select(Delivery.id, Delivery.message_id).where(Delivery.message_id.in_(ids))
    locked = session.execute(mine.order_by(Delivery.id).with_for_update(skip_locked=True)).all()
    held = {row.id for row in locked}
    left = {row.message_id for row in session.execute(mine) if row.id not in held}
    return {row.message_id for row in locked} - left


def _digests(session: Session, ids: Sequence[str]) -> set[bytes]:
    statement = select(Message.content_digest).where(Message.id.in_(ids))
    return {digest for digest in session.scalars(statement) if digest is not None}


def _remove_mails(session: Session, ids: Sequence[str]) -> None:
    """Everything that refers to a mail; add to this what else is stored with one."""
    deliveries = list(session.scalars(select(Delivery.id).where(Delivery.message_id.in_(ids))))
    session.execute(delete(Ruling).where(Ruling.delivery_id.in_(deliveries)), **_PLAIN)
    session.execute(delete(Attempt).where(Attempt.delivery_id.in_(deliveries)), **_PLAIN)
    session.execute(delete(Delivery).where(Delivery.id.in_(deliveries)), **_PLAIN)
    session.execute(delete(Message).where(Message.id.in_(ids)), **_PLAIN)
