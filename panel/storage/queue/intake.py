"""The way of accepted messages into the tables: a few statements, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Table, insert, literal_column

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.storage.database import Session
from panel.storage.models import Delivery, Message
from panel.storage.queue.contents import keep_contents

_MESSAGES = cast("Table", Message.__table__)
_DELIVERIES = cast("Table", Delivery.__table__)
_AT_FIRST = {
    "state": f"'{DeliveryState.QUEUED.value}'",
    "attempts": "0",
    "retries": "0",
    "rescues": "0",
    "copies": "0",
    "rule": "''",
    "said": "''",
    "route": "'[]'",
}
"""What every new delivery holds. Written out, not bound: psycopg takes its time with each value."""
_ADD_MESSAGE = insert(_MESSAGES)
_ADD_DELIVERY = (
    insert(_DELIVERIES)
    .values({name: literal_column(value) for name, value in _AT_FIRST.items()})
    .returning(_DELIVERIES.c.message_id, _DELIVERIES.c.recipient, _DELIVERIES.c.id)
)


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
    connection.execute(_ADD_MESSAGE, list(map(_message_row, messages)))
    ids = _add_deliveries(connection, messages)
    return [tuple(ids[message.id, name] for name in message.recipients) for message in messages]


def _add_deliveries(
    connection: Connection, messages: Iterable[NewMessage]
) -> dict[tuple[str, str], int]:
    """The new ids by message and recipient: no database promises to return rows in order."""
    rows = [row for message in messages for row in _delivery_rows(message)]
    added = connection.execute(_ADD_DELIVERY, rows)
    return {(message_id, recipient): delivery_id for message_id, recipient, delivery_id in added}


def _message_row(message: NewMessage) -> dict[str, Any]:
    return {
        "id": message.id,
        "partner_id": message.partner_id,
        "application_id": message.application_id,
        "source": message.source,
        "stream": message.stream,
        "rfc_message_id": message.rfc_message_id,
        "subject": message.subject,
        "from_email": message.from_email,
        "header": message.header,
        "content_digest": message.content_digest,
        "size": message.size,
        "details": dict(message.details),
        "created_at": message.created_at,
    }


def _delivery_rows(message: NewMessage) -> Iterator[dict[str, Any]]:
    """What differs between deliveries; the rest is the same for all of them."""
    flow = flow_id(message.stream, message.partner_id)
    for recipient in message.recipients:
        yield {
            "message_id": message.id,
            "partner_id": message.partner_id,
            "stream": message.stream,
            "flow": flow,
            "recipient": recipient,
            "created_at": message.created_at,
            "next_attempt_at": message.due_at,
            "expires_at": message.expires_at,
        }
