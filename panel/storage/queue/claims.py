"""Taking due deliveries out of the queue, each by exactly one worker; the SQL is in `due`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from panel.domain.decision import Standing
from panel.domain.delivery import Stream, partner_of, stream_of
from panel.storage.database import Session
from panel.storage.queue import due
from panel.storage.queue.due import Share, TakenRow
from panel.storage.types import from_microseconds

__all__ = ["ClaimedDelivery", "ClaimedMessage", "Share", "claim", "claimed"]

LARGE = 256 * 1024
"""Octets of a mail; the body of a larger one never comes with the claim."""


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
    flow: int
    """The number of its stream and partner, `flow_id`."""
    partner_id: int | None
    stream: Stream
    from_email: str
    size: int
    header: bytes = field(repr=False)
    body: bytes | None = field(repr=False)
    """None: it was not loaded, or it was removed when its time was over."""
    deliveries: tuple[ClaimedDelivery, ...]
    down_provider_id: int | None = None
    """The provider that a failover drill treats as down."""
    digest: bytes | None = None
    """The SHA-256 of a body that was not loaded."""


class _Way(NamedTuple):
    """Deliveries of a message that have it in common go together."""

    message_id: str
    sticky_provider_id: int | None
    is_copy: bool


def claim(
    session: Session,
    *,
    worker_id: str,
    token: str,
    shares: Sequence[Share],
    now: datetime,
) -> int:
    """Marks due deliveries of each share as sending under `token`; how many. The caller commits.

    Of each flow those that are due longest. A message whose recipients go beyond a share is
    taken with up to 100 of them, as one transaction serves them all. On PostgreSQL rows that
    another worker is claiming are passed over; on SQLite the session must have begun as a writer,
    and keeps others from writing no longer than it takes to mark the rows.
    """
    chosen = due.due(session, shares, now=now)
    if chosen:
        due.mark(session, [row.id for row in chosen], worker_id=worker_id, token=token)
    return len(chosen)


def claimed(
    session: Session, *, worker_id: str, token: str, most_octets: int = sys.maxsize
) -> tuple[ClaimedMessage, ...]:
    """The mail that is marked under `token`, streams in their order, what is due longest first.

    A `token` belongs to one claim: when the answer to its commit was lost, and it was made again,
    it holds what both have taken. Bodies are loaded up to `most_octets` in all, those of large
    mails never: such a message has a `digest` in their place.
    """
    rows = due.taken(session, worker_id=worker_id, token=token)
    rows.sort(key=lambda row: stream_of(row.flow).lane)
    return _messages(session, rows, most_octets)


def _messages(
    session: Session, rows: Iterable[TakenRow], most_octets: int
) -> tuple[ClaimedMessage, ...]:
    ways: dict[_Way, list[TakenRow]] = {}
    examples: dict[bytes, str] = {}
    room = most_octets
    for row in rows:
        way = _Way(row.message_id, row.sticky_provider_id, row.copies > 0)
        ways.setdefault(way, []).append(row)
        digest = row.content_digest
        if digest is not None and digest not in examples and row.size <= min(room, LARGE):
            examples[digest] = row.message_id
            room -= row.size
    bodies = due.bodies(session, list(examples.values()))
    return tuple(_message(group, bodies) for group in ways.values())


def _message(group: Sequence[TakenRow], bodies: Mapping[bytes | None, bytes]) -> ClaimedMessage:
    first = group[0]
    stream = stream_of(first.flow)
    body = bodies.get(first.content_digest)
    return ClaimedMessage(
        first.message_id,
        first.flow,
        partner_of(first.flow),
        stream,
        first.from_email,
        first.size,
        first.header,
        body,
        tuple([_delivery(row, stream) for row in group]),
        first.down_provider_id,
        first.content_digest if body is None else None,
    )


def _delivery(row: TakenRow, stream: Stream) -> ClaimedDelivery:
    return ClaimedDelivery(
        row.id,
        row.message_id,
        row.recipient,
        row.attempts,
        row.copies,
        row.sticky_provider_id,
        Standing(stream, row.retries, from_microseconds(row.expires_at)),
    )
