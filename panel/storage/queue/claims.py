"""Taking due deliveries out of the queue, lane by lane, each by exactly one worker."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Row, Select, func, select, update

from panel.domain.decision import Standing
from panel.domain.delivery import DeliveryState, Phase, Stream
from panel.storage.database import Engine, Session
from panel.storage.models import Content, Delivery, Message
from panel.storage.models.delivery import IS_DUE, IS_SENDING

LARGEST_BATCH_BYTES = 32 * 1024 * 1024
"""Messages loaded by one claim; a single larger one is claimed alone."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that this worker alone may move."""

    id: int
    message_id: str
    recipient: str
    attempts: int
    copies: int
    sticky_provider_id: int | None
    standing: Standing


@dataclass(frozen=True, slots=True)
class ClaimedMessage:
    """A message with those of its deliveries that take the same way."""

    id: str
    partner_id: int | None
    stream: Stream
    from_email: str
    size: int
    header: bytes = field(repr=False)
    body: bytes | None = field(repr=False)
    """None: it was removed when its time was over."""
    deliveries: tuple[ClaimedDelivery, ...]


def claim(
    session: Session, *, worker_id: str, token: str, limit: int, now: datetime
) -> tuple[ClaimedMessage, ...]:
    """Marks up to `limit` due deliveries as sending under `token`; the caller commits.

    Lanes are served in order. On PostgreSQL rows that another worker is claiming are passed
    over; on SQLite the session must have begun as a writer. A `token` belongs to one claim: when
    the answer to a commit was lost, the same claim made again gives also what it took before.
    """
    rows: list[Row[int, str, int]] = []
    for stream in Stream:
        if len(rows) >= limit:
            break
        rows.extend(session.execute(_due(stream, limit - len(rows), now)).all())
    chosen = _within_bytes(rows)
    if chosen:
        _mark(session, chosen, worker_id=worker_id, token=token)
    return _load(session, worker_id=worker_id, token=token)


def look(engine: Engine, *, now: datetime) -> datetime | None:
    """`next_due_at` by a reader of its own, which keeps nobody from writing."""
    with Session(engine) as session:
        return next_due_at(session, now=now)


def next_due_at(session: Session, *, now: datetime) -> datetime | None:
    """When the next waiting delivery becomes due; None when nothing waits.

    Those whose time is over are left out: they wait to be ended, not to be sent.
    """
    times = [
        session.scalar(
            select(func.min(Delivery.next_attempt_at)).where(
                IS_DUE, Delivery.flow % 8 == stream.lane, Delivery.expires_at > now
            )
        )
        for stream in Stream
    ]
    return min((at for at in times if at is not None), default=None)


def _due(stream: Stream, limit: int, now: datetime) -> Select[int, str, int]:
    return (
        select(Delivery.id, Delivery.message_id, Message.size)
        .join(Message, Message.id == Delivery.message_id)
        .where(
            IS_DUE,
            Delivery.flow % 8 == stream.lane,
            Delivery.next_attempt_at <= now,
            Delivery.expires_at > now,
        )
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(limit)
        .with_for_update(of=Delivery, skip_locked=True, key_share=True)
    )


def _within_bytes(rows: Iterable[Row[int, str, int]]) -> list[int]:
    chosen: list[int] = []
    sizes: dict[str, int] = {}
    for delivery_id, message_id, size in rows:
        sizes[message_id] = size
        if chosen and sum(sizes.values()) > LARGEST_BATCH_BYTES:
            break
        chosen.append(delivery_id)
    return chosen


def _mark(session: Session, ids: Sequence[int], *, worker_id: str, token: str) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(
            state=DeliveryState.SENDING,
            phase=Phase.CLAIMED,
            worker_id=worker_id,
            claim_token=token,
        )
        .execution_options(synchronize_session=False)
    )


def _load(session: Session, *, worker_id: str, token: str) -> tuple[ClaimedMessage, ...]:
    columns = (
        Delivery.id,
        Delivery.message_id,
        Delivery.recipient,
        Delivery.attempts,
        Delivery.copies,
        Delivery.sticky_provider_id,
        Delivery.stream,
        Delivery.retries,
        Delivery.expires_at,
    )
    statement = (
        select(*columns)
        .where(IS_SENDING, Delivery.worker_id == worker_id, Delivery.claim_token == token)
        .order_by(Delivery.flow % 8, Delivery.next_attempt_at, Delivery.id)
    )
    deliveries = [
        ClaimedDelivery(
            row.id,
            row.message_id,
            row.recipient,
            row.attempts,
            row.copies,
            row.sticky_provider_id,
            Standing(row.stream, row.retries, row.expires_at),
        )
        for row in session.execute(statement)
    ]
    return _with_messages(session, deliveries) if deliveries else ()


def _with_messages(
    session: Session, deliveries: Sequence[ClaimedDelivery]
) -> tuple[ClaimedMessage, ...]:
    grouped: dict[tuple[str, int | None, bool], list[ClaimedDelivery]] = {}
    for item in deliveries:
        way = (item.message_id, item.sticky_provider_id, item.copies > 0)
        grouped.setdefault(way, []).append(item)
    statement = (
        select(
            Message.id,
            Message.partner_id,
            Message.stream,
            Message.from_email,
            Message.size,
            Message.header,
            Content.body,
        )
        .outerjoin(Content, Content.digest == Message.content_digest)
        .where(Message.id.in_({item.message_id for item in deliveries}))
    )
    rows = {row[0]: row for row in session.execute(statement)}
    return tuple(
        ClaimedMessage(*rows[message_id], tuple(items))
        for (message_id, _sticky, _is_copy), items in grouped.items()
    )
