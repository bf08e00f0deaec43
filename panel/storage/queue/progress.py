"""How far claimed deliveries have come, each write guarded by the claim token of its worker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from panel.domain.delivery import DeliveryState
from panel.storage.database import Session
from panel.storage.queue.marks import Reached, Returned, Settled
from panel.storage.queue.statement import Statement, Table
from panel.storage.types import to_microseconds

Held = frozenset[tuple[int, str]]
"""Ids of deliveries with the token under which a worker holds them."""
ENDED_STATES = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.EXPIRED})
LONGEST_SAID = 2100
"""Characters of a reason that are kept with a delivery."""

_IS_HELD = "deliveries.id = mark.id AND claim_token = mark.token AND state = 'sending'"

# A phase falls back only with a new attempt: only the row of the attempt itself can tell. It has
# not to be asked for the furthest phase, which is nearly every mark.
_REACH = Statement(
    """
    UPDATE deliveries SET
        phase = CASE WHEN mark.phase <> 'handing_over' AND EXISTS (
            SELECT 1 FROM attempts
            WHERE delivery_id = mark.id AND number = mark.number
                AND attempts.provider_id = mark.provider_id AND attempts.phase > mark.phase
        ) THEN deliveries.phase ELSE mark.phase END,
        provider_id = CASE WHEN mark.phase = 'handing_over' THEN mark.provider_id
            ELSE deliveries.provider_id END
    FROM ROWS WHERE IS_HELD
    """,
    rows=Table(
        "mark", id="bigint", token="text", number="integer", provider_id="bigint", phase="text"
    ),
    IS_HELD=_IS_HELD,
)
_HELD = Statement(
    "SELECT mark.id, mark.token FROM ROWS JOIN deliveries ON IS_HELD",
    rows=Table("mark", id="bigint", token="text"),
    IS_HELD=_IS_HELD,
)


def note_reached(session: Session, marks: Sequence[Reached]) -> Held:
    """Notes the phases with the deliveries; which of them their worker still holds.

    At most one mark for each delivery and token.
    """
    rows = [
        (mark.delivery_id, mark.token, mark.number, mark.provider_id, mark.phase.value)
        for mark in marks
    ]
    if _REACH.run(session, rows=Table.parameter(rows)) == len(rows):
        return frozenset((mark.delivery_id, mark.token) for mark in marks)
    asked = [(mark.delivery_id, mark.token) for mark in marks]
    return frozenset((row[0], row[1]) for row in _HELD.rows(session, rows=Table.parameter(asked)))


_SETTLE = Statement(
    """
    UPDATE deliveries SET state = mark.new_state, attempts = mark.attempts,
        next_attempt_at = mark.next_attempt_at, ended_at = mark.ended_at, rule = mark.rule,
        said = mark.said, sticky_provider_id = mark.sticky_provider_id, route = mark.route,
        retries = retries + mark.more_retries, rescues = 0,
        last_attempt_at = coalesce(mark.attempted_at, last_attempt_at),
        provider_id = CASE WHEN mark.attempted_at IS NULL THEN deliveries.provider_id
            ELSE mark.provider_id END,
        phase = NULL, worker_id = NULL, claim_token = NULL
    FROM ROWS WHERE IS_HELD
    """,
    rows=Table(
        "mark",
        id="bigint",
        token="text",
        new_state="text",
        attempts="integer",
        next_attempt_at="bigint",
        ended_at="bigint",
        rule="text",
        said="text",
        sticky_provider_id="bigint",
        route="json",
        more_retries="integer",
        attempted_at="bigint",
        provider_id="bigint",
    ),
    IS_HELD=_IS_HELD,
)


def write_settled(session: Session, marks: Iterable[Settled]) -> None:
    """Takes the deliveries out of the worker's hands; a lost one is left as others made it."""
    _SETTLE.run(session, rows=Table.parameter([_settled_row(mark) for mark in marks]))


def _settled_row(mark: Settled) -> tuple[Any, ...]:
    decision = mark.decision
    return (
        mark.delivery_id,
        mark.token,
        decision.state.value,
        mark.attempts,
        _microseconds(decision.next_attempt_at),
        _microseconds(mark.at if decision.state in ENDED_STATES else None),
        decision.rule,
        decision.said[:LONGEST_SAID],
        mark.sticky_provider_id,
        json.dumps(mark.route),
        int(decision.counts_as_retry),
        _microseconds(mark.attempted_at),
        mark.provider_id,
    )


_RETURN = Statement(
    """
    UPDATE deliveries SET state = 'queued', attempts = mark.attempts,
        next_attempt_at = coalesce(mark.due_at, next_attempt_at),
        provider_id = coalesce(mark.provider_id, deliveries.provider_id),
        phase = NULL, worker_id = NULL, claim_token = NULL
    FROM ROWS WHERE IS_HELD
    """,
    rows=Table(
        "mark", id="bigint", token="text", attempts="integer", due_at="bigint", provider_id="bigint"
    ),
    IS_HELD=_IS_HELD,
)


def write_returned(session: Session, marks: Iterable[Returned]) -> None:
    """Puts the deliveries back at their place in the queue; their last reason stays."""
    rows = [
        (
            mark.delivery_id,
            mark.token,
            mark.attempts,
            _microseconds(mark.due_at),
            mark.provider_id,
        )
        for mark in marks
    ]
    _RETURN.run(session, rows=Table.parameter(rows))


def _microseconds(at: datetime | None) -> int | None:
    return None if at is None else to_microseconds(at)
