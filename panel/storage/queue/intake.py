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

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.storage.database import Connection
from panel.storage.queue.contents import KEEP_MANY, content_columns, keep_contents
from panel.storage.queue.driver import driver_on
from panel.storage.queue.wakeup import WAKING
from panel.storage.types import to_microseconds

_ADD_MESSAGE = """
INSERT INTO messages (header, content_digest, id, partner_id, application_id, source, stream,
  rfc_message_id, subject, from_email, size, details, created_at)"""
_ADD_DELIVERY = """
INSERT INTO deliveries (message_id, partner_id, stream, flow, recipient, created_at,
  next_attempt_at, expires_at, state, attempts, retries, rescues, copies, rule, said, route{id})"""
_AT_FIRST = f"'{DeliveryState.QUEUED.value}', 0, 0, 0, 0, '', '', '[]'"

_SQLITE_MESSAGE = f"{_ADD_MESSAGE} VALUES ({', '.join(['?'] * 13)})"
_SQLITE_DELIVERY = (
    _ADD_DELIVERY.format(id=", id") + f" VALUES ({', '.join(['?'] * 8)}, {_AT_FIRST}, ?)"
)
# One statement, as each costs a way there and back. What refers to a row is checked at its end.
_POSTGRES = """
WITH content AS ({add_content}), message AS ({add_message}
SELECT a, b, c, d, e, f, g, h, i, j, k, l::json, m
FROM unnest(%b::bytea[], %b::bytea[], %b::text[], %b::bigint[], %b::bigint[], %b::text[],
  %b::text[], %b::text[], %b::text[], %b::text[], %b::integer[], %b::text[], %b::bigint[])
  AS given (a, b, c, d, e, f, g, h, i, j, k, l, m)
){add_delivery}
SELECT a, b, c, d, e, f, g, h, {at_first}
FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bigint[], %b::text[], %b::bigint[],
  %b::bigint[], %b::bigint[]) AS given (a, b, c, d, e, f, g, h)
RETURNING message_id, recipient, id, {waking}""".format(
    add_content=KEEP_MANY,
    add_message=_ADD_MESSAGE,
    add_delivery=_ADD_DELIVERY.format(id=""),
    at_first=_AT_FIRST,
    waking=WAKING,
)
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
    connection: Connection, messages: Sequence[NewMessage], *, now: datetime
) -> list[tuple[int, ...]]:
    """Writes all rows; for each message the ids of its deliveries in the order of its recipients.

    The caller commits; that wakes the workers.
    """
    if not messages:
        return []
    if connection.dialect.name == "sqlite":
        return _take_in_sqlite(connection, messages, now=now)
    return _take_in_postgres(connection, messages, now=now)


def _take_in_sqlite(
    connection: Connection, messages: Sequence[NewMessage], *, now: datetime
) -> list[tuple[int, ...]]:
    keep_contents(connection, _bodies(messages), now=now)
    rows = [row for message in messages for row in _delivery_rows(message)]
    with driver_on(connection) as driver:
        driver.executemany(_SQLITE_MESSAGE, list(map(_message_row, messages)))
        # After the first write: nobody else can take the same ids from here on.
        (newest,) = driver.execute("SELECT coalesce(max(id), 0) FROM deliveries").fetchone()
        numbered = [(*row, id_) for id_, row in enumerate(rows, start=newest + 1)]
        driver.executemany(_SQLITE_DELIVERY, numbered)
    ids = iter(range(newest + 1, newest + 1 + len(rows)))
    return [tuple(next(ids) for _ in message.recipients) for message in messages]


def _take_in_postgres(
    connection: Connection, messages: Sequence[NewMessage], *, now: datetime
) -> list[tuple[int, ...]]:
    columns = (
        *content_columns(_bodies(messages), now=now),
        *_turned(map(_message_row, messages)),
        *_turned(row for message in messages for row in _delivery_rows(message)),
    )
    with driver_on(connection) as driver:
        added = driver.execute(_POSTGRES, columns).fetchall()
    # Rows do not come back in any promised order.
    ids = {(message_id, recipient): id_ for message_id, recipient, id_, _waking in added}
    return [tuple(ids[message.id, name] for name in message.recipients) for message in messages]


def _bodies(messages: Iterable[NewMessage]) -> dict[bytes, bytes]:
    return {item.content_digest: item.body for item in messages}


def _turned(rows: Iterable[_Row]) -> Iterator[list[Any]]:
    """A list for each column."""
    return map(list, zip(*rows, strict=True))


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


def _delivery_rows(message: NewMessage) -> Iterator[_Row]:
    """What differs between deliveries; the rest is the same for all of them."""
    before = (
        message.id,
        message.partner_id,
        message.stream.value,
        flow_id(message.stream, message.partner_id),
    )
    after = (
        to_microseconds(message.created_at),
        to_microseconds(message.due_at),
        to_microseconds(message.expires_at),
    )
    for recipient in message.recipients:
        yield (*before, recipient, *after)
