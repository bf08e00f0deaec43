"""Which flows have mail waiting, so that a worker can share itself out among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.delivery import Stream, partner_of, stream_of
from panel.storage.database import Engine, Session
from panel.storage.models.delivery import IS_CLAIMABLE
from panel.storage.queue.statement import Statement
from panel.storage.types import from_microseconds, to_microseconds

PAGE = 256
"""Flows that are listed at once."""

# Jumps from the first row of one flow to the first row of the next: what a flow costs does not
# depend on how much waits in it. `LIMIT` ends the jumping, as the rows are made when asked for.
_FLOWS = Statement(
    """
    WITH RECURSIVE jump (flow) AS (
        SELECT (
            SELECT flow FROM deliveries
            WHERE IS_CLAIMABLE AND flow > :after ORDER BY flow LIMIT 1
        )
        UNION ALL
        SELECT (
            SELECT deliveries.flow FROM deliveries
            WHERE IS_CLAIMABLE AND deliveries.flow > jump.flow
            ORDER BY deliveries.flow LIMIT 1
        )
        FROM jump WHERE jump.flow IS NOT NULL
    )
    SELECT flow, due_at FROM (
        SELECT jump.flow AS flow, (
            SELECT next_attempt_at FROM deliveries
            WHERE IS_CLAIMABLE AND deliveries.flow = jump.flow AND expires_at > :now
            ORDER BY next_attempt_at, id LIMIT 1
        ) AS due_at
        FROM jump WHERE jump.flow IS NOT NULL
    ) AS found
    WHERE due_at IS NOT NULL
    LIMIT :most
    """,
    IS_CLAIMABLE=IS_CLAIMABLE.text,
)


@dataclass(frozen=True, slots=True)
class Flow:
    """The waiting mail of one stream of one partner."""

    id: int
    stream: Stream
    partner_id: int | None
    """None: the house."""
    due_at: datetime
    """When its first mail is due; may lie ahead."""


def flows(
    session: Session, *, now: datetime, after: int = -1, limit: int = PAGE
) -> tuple[Flow, ...]:
    """Flows with waiting mail in the order of their ids, from the one after `after` on.

    Mail whose time is over is left out: it waits to be ended, not to be sent. Fewer than `limit`
    means that there are no more.
    """
    rows = _FLOWS.rows(session, after=after, now=to_microseconds(now), most=limit)
    return tuple(
        Flow(number, stream_of(number), partner_of(number), from_microseconds(due_at))
        for number, due_at in rows
    )


def look(engine: Engine, *, now: datetime, after: int = -1, limit: int = PAGE) -> tuple[Flow, ...]:
    """`flows` by a reader of its own, which keeps nobody from writing."""
    with Session(engine) as session:
        return flows(session, now=now, after=after, limit=limit)
