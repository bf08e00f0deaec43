"""Statements of a claim: what is due in which flow, how it becomes a worker's, what it holds."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from panel.storage.database import Session
from panel.storage.models.delivery import IS_CLAIMABLE, IS_SENDING
from panel.storage.queue.driver import is_sqlite
from panel.storage.queue.statement import Statement
from panel.storage.types import to_microseconds

MOST_OF_A_SHARE = 1000
"""No claim takes more of one flow, whatever it was asked for."""
MOST_MORE_OF_A_MESSAGE = 100
"""Recipients that are taken beyond a share to keep a message together."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many deliveries of a flow a claim may take."""

    flow_id: int
    limit: int


class DueRow(NamedTuple):
    """A delivery that may be claimed; the fields of `_DUE_FIELDS` in order."""

    id: int
    message_id: str
    flow: int
    next_attempt_at: int
    """Microseconds since 1970, as it lies in the database."""


class TakenRow(NamedTuple):
    """A claimed delivery with what sending needs of its message; the fields of `_FIELDS`."""

    id: int
    message_id: str
    flow: int
    recipient: str
    attempts: int
    copies: int
    sticky_provider_id: int | None
    retries: int
    expires_at: int
    """Microseconds since 1970, as it lies in the database."""
    from_email: str
    size: int
    header: bytes
    content_digest: bytes | None
    down_provider_id: int | None


_DUE_FIELDS = "deliveries.id, message_id, flow, next_attempt_at"
_FIELDS = """
    deliveries.id, message_id, flow, recipient, attempts, copies, sticky_provider_id, retries,
    expires_at, from_email, size, header, content_digest, down_provider_id
"""
_IS_DUE = f"{IS_CLAIMABLE.text} AND next_attempt_at <= :now AND expires_at > :now"


_TAKEN = Statement(
    """
    SELECT FIELDS FROM deliveries JOIN messages ON messages.id = message_id
    WHERE IS_SENDING AND worker_id = :worker_id AND claim_token = :token
    ORDER BY next_attempt_at, deliveries.id
    """,
    FIELDS=_FIELDS,
    IS_SENDING=IS_SENDING.text,
)


def taken(session: Session, *, worker_id: str, token: str) -> list[TakenRow]:
    """What a worker holds under a token, what is due longest first."""
    return list(map(TakenRow._make, _TAKEN.rows(session, worker_id=worker_id, token=token)))


# SQLite has no LATERAL: one SELECT for each share. INDEXED BY leaves it no choice of another way,
# which it might think better as long as it has no statistics, or old ones.
_SHARE_ON_SQLITE = """
    SELECT * FROM (
        SELECT FIELDS FROM deliveries INDEXED BY ix_deliveries_due
        WHERE IS_DUE AND flow = :flow
        ORDER BY next_attempt_at, deliveries.id LIMIT :most
    )
"""

# Two limits: by the inner one, which is a constant, PostgreSQL knows that few rows are wanted and
# reads them in order; for a limit that it does not know it plans to read, and to sort, a tenth of
# all. Rows are locked as they are read, so no more than the outer limit lets through.
_SHARES_ON_POSTGRESQL = """
    SELECT found.* FROM
        unnest(CAST(:flows AS bigint[]), CAST(:limits AS integer[])) WITH ORDINALITY
            AS share (flow_id, most, place)
        CROSS JOIN LATERAL (
            SELECT * FROM (
                SELECT FIELDS FROM deliveries WHERE IS_DUE AND flow = share.flow_id
                ORDER BY next_attempt_at, deliveries.id LIMIT MOST_OF_A_SHARE
                FOR NO KEY UPDATE SKIP LOCKED
            ) AS ordered LIMIT share.most
        ) AS found
    ORDER BY share.place, next_attempt_at, id
"""


@cache
def _due(shares: int) -> Statement:
    selects = (
        _SHARE_ON_SQLITE.replace(":flow", f":flow{place}").replace(":most", f":most{place}")
        for place in range(shares)
    )
    return Statement(
        " UNION ALL ".join(selects),
        postgresql=_SHARES_ON_POSTGRESQL,
        FIELDS=_DUE_FIELDS,
        IS_DUE=_IS_DUE,
        MOST_OF_A_SHARE=str(MOST_OF_A_SHARE),
    )


def due(session: Session, shares: Sequence[Share], *, now: datetime) -> list[DueRow]:
    """The longest due of each share, in the order of the shares, locked on PostgreSQL."""
    if len({share.flow_id for share in shares}) < len(shares):
        raise ValueError("A flow can have one share of a claim.")
    if not shares:
        return []
    given: dict[str, object] = {"now": to_microseconds(now)}
    if is_sqlite(session):
        for place, share in enumerate(shares):
            given |= {f"flow{place}": share.flow_id, f"most{place}": share.limit}
    else:
        given["flows"] = [share.flow_id for share in shares]
        given["limits"] = [share.limit for share in shares]
    found = list(map(DueRow._make, _due(len(shares)).rows(session, **given)))
    return found + _rest(session, _cuts(shares, found), now=now)


# Recipients of a message are stored together: they have one time, and ids one after the other.
# The empty string keeps the databases from reading all recipients of the message instead.
_IS_REST = """IS_CLAIMABLE AND expires_at > :now AND flow = cut.flow_id AND next_attempt_at = cut.at
    AND deliveries.id > cut.last AND deliveries.id <= cut.last + MOST_MORE
    AND message_id || '' = cut.message"""
_REST = Statement(
    """
    SELECT FIELDS FROM (
        SELECT value ->> 0 AS flow_id, value ->> 1 AS at, value ->> 2 AS last,
            value ->> 3 AS message
        FROM json_each(:cuts)
    ) AS cut
    CROSS JOIN deliveries INDEXED BY ix_deliveries_due ON IS_REST
    """,
    postgresql="""
    SELECT found.* FROM
        unnest(
            CAST(:flows AS bigint[]), CAST(:times AS bigint[]), CAST(:ids AS bigint[]),
            CAST(:messages AS text[])
        ) AS cut (flow_id, at, last, message)
        CROSS JOIN LATERAL (
            SELECT FIELDS FROM deliveries WHERE IS_REST
            ORDER BY next_attempt_at, deliveries.id LIMIT MOST_MORE
            FOR NO KEY UPDATE SKIP LOCKED
        ) AS found
    """,
    IS_REST=_IS_REST,
    FIELDS=_DUE_FIELDS,
    IS_CLAIMABLE=IS_CLAIMABLE.text,
    MOST_MORE=str(MOST_MORE_OF_A_MESSAGE),
)


def _rest(session: Session, cuts: Sequence[DueRow], *, now: datetime) -> list[DueRow]:
    """Further recipients of the messages within which a share ended."""
    if not cuts:
        return []
    given: dict[str, object]
    if is_sqlite(session):
        ends = [(row.flow, row.next_attempt_at, row.id, row.message_id) for row in cuts]
        given = {"cuts": json.dumps(ends)}
    else:
        given = {
            "flows": [row.flow for row in cuts],
            "times": [row.next_attempt_at for row in cuts],
            "ids": [row.id for row in cuts],
            "messages": [row.message_id for row in cuts],
        }
    return list(map(DueRow._make, _REST.rows(session, now=to_microseconds(now), **given)))


def _cuts(shares: Iterable[Share], found: Iterable[DueRow]) -> list[DueRow]:
    """The last row of each share that was used up; what follows may be of the same message."""
    last = {row.flow: row for row in found}
    taken = Counter(row.flow for row in found)
    return [last[share.flow_id] for share in shares if 0 < share.limit <= taken[share.flow_id]]


_MARK = Statement(
    """
    UPDATE deliveries SET state = 'sending', phase = 'claimed', worker_id = :worker_id,
        claim_token = :token
    WHERE id IN (SELECT value FROM json_each(:ids))
    """,
    postgresql="""
    UPDATE deliveries SET state = 'sending', phase = 'claimed', worker_id = :worker_id,
        claim_token = :token
    WHERE id = ANY (CAST(:ids AS bigint[]))
    """,
)


def mark(session: Session, ids: Sequence[int], *, worker_id: str, token: str) -> None:
    """Makes deliveries, read by `due` in the same transaction, the worker's."""
    _MARK.run(session, ids=_array(session, ids), worker_id=worker_id, token=token)


_BODIES = Statement(
    """
    SELECT content_digest, body FROM messages JOIN contents ON digest = content_digest
    WHERE messages.id IN (SELECT value FROM json_each(:ids))
    """,
    postgresql="""
    SELECT content_digest, body FROM messages JOIN contents ON digest = content_digest
    WHERE messages.id = ANY (CAST(:ids AS text[]))
    """,
)


def bodies(session: Session, message_ids: Sequence[str]) -> Mapping[bytes | None, bytes]:
    """The bodies of messages by their digests; give one message for each digest."""
    if not message_ids:
        return {}
    rows = _BODIES.large_rows(session, ids=_array(session, message_ids))
    return {digest: body for digest, body in rows}  # noqa: C416  (rows are longer tuples to mypy)


def _array(session: Session, values: Sequence[object]) -> object:
    """One parameter for many values."""
    return json.dumps(values) if is_sqlite(session) else values
