"""The way of accepted messages into the tables: a few statements, however many there are.

The statements are plain text with plain values: SQLAlchemy would take longer to bring the values
of a row into shape than either database takes to store them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.storage.database import Session
from panel.storage.queue.contents import keep_contents
from panel.storage.types import to_microseconds

_ADD_MESSAGE = """
INSERT INTO messages (header, content_digest, id, partner_id, application_id, source, stream,
  rfc_message_id, subject, from_email, size, details, created_at)
VALUES ({octets}, {octets}, {marks})"""
_ADD_DELIVERY = """
INSERT INTO deliveries (id, message_id, partner_id, stream, flow, recipient, created_at,
  next_attempt_at, expires_at, state, attempts, retries, rescues, copies, rule, said, route)
VALUES ({marks}, '{queued}', 0, 0, 0, 0, '', '', '[]')"""


def _statements(*, octets: str, mark: str) -> tuple[str, str]:
    return (
        _ADD_MESSAGE.format(octets=octets, marks=", ".join([mark] * 11)),
        _ADD_DELIVERY.format(marks=", ".join([mark] * 9), queued=DeliveryState.QUEUED.value),
    )


_STATEMENTS = {
    "sqlite": _statements(octets="?", mark="?"),
    # %b: octets go over as they are, not written out in hexadecimal.
    "postgresql": _statements(octets="%b", mark="%s"),
}
_Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class NewMessage:
    """An accepted mail in its final form, with all that its rows will hold."""

    id: str
    partner_id: int | None
    application_id: int | None
    source: str
    stream: Stream
    rfc_message_id: str
    subject: str
    from_email: str
    header: bytes = field(repr=False)
    body: bytes = field(repr=False)
    content_digest: bytes = field(repr=False)
    """The SHA-256 of the body."""
    size: int
    details: Mapping[str, Any] = field(repr=False)
    recipients: tuple[str, ...]
    """Each once; each gets a delivery."""
    created_at: datetime
    due_at: datetime
    expires_at: datetime
    has_own_end: bool = True
    """False: it is tried as long as the rule of its stream says."""


def take_in(
    session: Session, messages: Sequence[NewMessage], *, now: datetime
) -> list[tuple[int, ...]]:
    """Writes all rows; for each message the ids of its deliveries in the order of its recipients.

    The caller commits, and wakes the workers.
    """
    if not messages:
        return []
    keep_contents(session, {item.content_digest: item.body for item in messages}, now=now)
    connection = session.connection()
    add_message, add_delivery = _STATEMENTS[connection.dialect.name]
    connection.exec_driver_sql(add_message, list(map(_message_row, messages)))
    # After the first write: on SQLite nobody else can take the same ids from here on.
    free = iter(_free_ids(connection, sum(len(item.recipients) for item in messages)))
    ids = [tuple(next(free) for _ in item.recipients) for item in messages]
    connection.exec_driver_sql(add_delivery, list(_delivery_rows(messages, ids)))
    return ids


def _free_ids(connection: Connection, count: int) -> Sequence[int]:
    """As many ids for deliveries, in ascending order, that nobody else will get."""
    if connection.dialect.name == "sqlite":
        newest: int = connection.exec_driver_sql(
            "SELECT coalesce(max(id), 0) FROM deliveries"
        ).scalar_one()
        return range(newest + 1, newest + 1 + count)
    drawn = connection.exec_driver_sql(
        "SELECT nextval('deliveries_id_seq') FROM generate_series(1, %s)", (count,)
    )
    return sorted(drawn.scalars())


def _message_row(message: NewMessage) -> _Row:
    return (
        message.header,
        message.content_digest,
        message.id,
        message.partner_id,
        message.application_id,
        message.source,
        message.stream.value,
        message.rfc_message_id,
        message.subject,
        message.from_email,
        message.size,
        json.dumps(dict(message.details)) if message.details else "{}",
        to_microseconds(message.created_at),
    )


def _delivery_rows(
    messages: Iterable[NewMessage], ids: Iterable[tuple[int, ...]]
) -> Iterator[_Row]:
    """What differs between deliveries; the rest is the same for all of them."""
    for message, delivery_ids in zip(messages, ids, strict=True):
        shared = (
            message.id,
            message.partner_id,
            message.stream.value,
            flow_id(message.stream, message.partner_id),
        )
        times = (
            to_microseconds(message.created_at),
            to_microseconds(message.due_at),
            to_microseconds(message.expires_at),
        )
        for delivery_id, recipient in zip(delivery_ids, message.recipients, strict=True):
            yield (delivery_id, *shared, recipient, *times)
