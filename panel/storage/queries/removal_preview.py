"""What retentions would remove now, before they are saved: counted where it is little, else about.

It is counted among the same mails and by the same terms as it is removed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session

from panel.domain.delivery import Stream
from panel.domain.retention import Retentions, ended_by
from panel.storage.models import Content, Delivery, Message
from panel.storage.queries.paging import AnyRow
from panel.storage.queries.sizes import Count, Sample
from panel.storage.queue.removal import ended, is_over

T = TypeVar("T")
COUNTED = 5000
"""Deliveries of a stream that are looked at; where more have ended, it is told by the sample."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class StreamLoss:
    """What would be removed of one stream."""

    bodies: Count
    """Mails that lose their content, those among them that go altogether included."""
    octets: Count
    """Of the contents that no other mail needs; not exact: at most so many."""
    mails: Count
    """Mails that go with all that is known of them."""
    oldest_at: datetime | None
    """When the oldest of them ended."""


@dataclass(frozen=True, slots=True)
class _Ends:
    """Until when mail of one stream must have ended to lose its content, or to go."""

    bodies: datetime | None
    mails: datetime | None


@dataclass(frozen=True, slots=True)
class _Counted:
    """Mails of one stream; `bodies` gives the content of each that loses it."""

    bodies: dict[str, bytes]
    mails: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Over:
    """Mails all of whose deliveries ended in time, and when the first of those did."""

    rows: tuple[AnyRow, ...] = ()
    oldest_at: datetime | None = None


def preview(
    session: Session, retentions: Retentions, sample: Sample, *, until: datetime
) -> Mapping[Stream, StreamLoss]:
    """What they would remove of each stream when age counts until then."""
    ends = {
        stream: _Ends(
            ended_by(kept.bodies_days, until=until), ended_by(kept.mails_days, until=until)
        )
        for stream, kept in retentions.items()
    }
    counted = {stream: _count(session, stream, ends[stream]) for stream in Stream}
    freed = _freed(session, counted, ends) if None not in counted.values() else None
    losses = {}
    for stream, found in counted.items():
        if found is None or freed is None:
            oldest_at = found.oldest_at if found else _oldest(session, stream, ends[stream])
            losses[stream] = _about(sample, stream, ends[stream], found, oldest_at)
            continue
        bodies, octets = Count(len(found.bodies)), Count(freed[stream])
        losses[stream] = StreamLoss(bodies, octets, Count(found.mails), found.oldest_at)
    return losses


def _count(session: Session, stream: Stream, ends: _Ends) -> _Counted | None:
    """None: too many have ended."""
    losing = _over(session, stream, ends.bodies, Message.content_digest.is_not(None))
    going = _over(session, stream, ends.mails)
    if losing is None or going is None:
        return None
    bodies = {row.id: row.content_digest for row in losing.rows}
    known = [at for at in (losing.oldest_at, going.oldest_at) if at is not None]
    return _Counted(bodies, len(going.rows), min(known, default=None))


def _over(
    session: Session, stream: Stream, until: datetime | None, *terms: ColumnElement[bool]
) -> _Over | None:
    """None: too many to count."""
    if until is None:
        return _Over()
    candidates = _candidates(session, stream, until)
    if len(candidates) > COUNTED:
        return None
    statement = select(Message.id, Message.content_digest).where(is_over(until), *terms)
    rows = tuple(
        row
        for some in _portions(sorted({row.message_id for row in candidates}))
        for row in session.execute(statement.where(Message.id.in_(some)))
    )
    found = {row.id for row in rows}
    return _Over(rows, next((row.ended_at for row in candidates if row.message_id in found), None))


def _candidates(session: Session, stream: Stream, until: datetime) -> Sequence[AnyRow]:
    """Deliveries in the order of their ends."""
    statement = select(Delivery.message_id, Delivery.ended_at).where(ended(stream, until))
    return session.execute(statement.order_by(Delivery.ended_at).limit(COUNTED + 1)).all()


def _freed(
    session: Session, counted: Mapping[Stream, _Counted | None], ends: Mapping[Stream, _Ends]
) -> dict[Stream, int]:
    """Octets of contents that no mail needs any more; a shared one counts for the first stream."""
    stays = ~or_(*(_loses_body(stream, end.bodies) for stream, end in ends.items()))
    is_needed = exists().where(Message.content_digest == Content.digest, stays)
    statement = select(func.coalesce(func.sum(func.length(Content.body)), 0)).where(~is_needed)
    seen: set[bytes] = set()
    freed = {}
    for stream, found in counted.items():
        digests = set(found.bodies.values() if found else ()) - seen
        seen |= digests
        freed[stream] = sum(
            session.scalar(statement.where(Content.digest.in_(some))) or 0
            for some in _portions(sorted(digests))
        )
    return freed


def _loses_body(stream: Stream, until: datetime | None) -> ColumnElement[bool]:
    if until is None:
        return false()
    return and_(Message.stream == stream, is_over(until))


def _about(
    sample: Sample,
    stream: Stream,
    ends: _Ends,
    found: _Counted | None,
    oldest_at: datetime | None,
) -> StreamLoss:
    rows = [row for row in sample.rows if row.stream is stream and row.is_first]
    losing = [row for row in rows if row.has_body and _is_by(row.ended_at, ends.bodies)]
    octets = Count(sample.count(row.size for row in losing).value, is_exact=False)
    if found is not None:
        return StreamLoss(Count(len(found.bodies)), octets, Count(found.mails), oldest_at)
    bodies = Count(sample.count(1 for _ in losing).value, is_exact=False)
    going = sample.count(_is_by(row.ended_at, ends.mails) for row in rows).value
    return StreamLoss(bodies, octets, Count(going, is_exact=False), oldest_at)


def _is_by(at: datetime | None, until: datetime | None) -> bool:
    return at is not None and until is not None and at <= until


def _oldest(session: Session, stream: Stream, ends: _Ends) -> datetime | None:
    """Of the deliveries that have ended in time, as their index has it."""
    latest = max((end for end in (ends.bodies, ends.mails) if end is not None), default=None)
    if latest is None:
        return None
    statement = select(Delivery.ended_at).where(ended(stream, latest))
    return session.scalar(statement.order_by(Delivery.ended_at).limit(1))


def _portions(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
