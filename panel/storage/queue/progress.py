"""How far claimed deliveries have come, each write guarded by the claim token of its worker."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from panel.domain.delivery import DeliveryState
from panel.storage.queue.marks import Reached, Returned, Settled
from panel.storage.queue.statement import IS_HELD, RowsStatement
from panel.storage.queue.turn import PostgresTurn, Turn
from panel.storage.types import to_microseconds

Held = frozenset[tuple[int, str]]
"""Ids of deliveries with the token under which a worker holds them."""
ENDED_STATES = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.EXPIRED})
LONGEST_SAID = 2100
"""Characters of a reason that are kept with a delivery."""

# A phase falls back only with a new attempt: only the row of the attempt itself can tell. It has
# not to be asked for the furthest phase, which is nearly every mark.
NOTE_REACHED = """
    UPDATE deliveries SET
        phase = CASE WHEN mark.phase <> 'handing_over' AND EXISTS (
            SELECT 1 FROM attempts
            WHERE delivery_id = mark.delivery_id AND number = mark.number
                AND attempts.provider_id + 0 = mark.provider_id AND attempts.phase > mark.phase
        ) THEN deliveries.phase ELSE mark.phase END,
        provider_id = CASE WHEN mark.phase = 'handing_over' THEN mark.provider_id
            ELSE deliveries.provider_id END
    FROM MARK WHERE deliveries.id = mark.delivery_id AND IS_HELD
"""
_REACH = RowsStatement(
    f"{NOTE_REACHED} RETURNING deliveries.id, claim_token",
    columns={
        "delivery_id": "bigint",
        "token": "text",
        "number": "integer",
        "provider_id": "bigint",
        "phase": "text",
    },
    IS_HELD=IS_HELD,
)


def note_reached(turn: PostgresTurn, marks: Sequence[Reached]) -> Callable[[], Held]:
    """Notes the phases with the deliveries; after the turn tells which their worker still holds.

    At most one mark for each delivery and token.
    """
    rows = [
        (mark.delivery_id, mark.token, mark.number, mark.provider_id, mark.phase.value)
        for mark in marks
    ]
    noted = turn.run(_REACH, rows)
    return lambda: frozenset(noted.fetchall())


SETTLE = """
    UPDATE deliveries SET state = mark.new_state, attempts = mark.attempts,
        next_attempt_at = mark.next_attempt_at, ended_at = mark.ended_at, rule = mark.last_rule,
        said = mark.last_said, sticky_provider_id = mark.sticky_provider_id, route = mark.route,
        retries = retries + mark.more_retries, rescues = 0,
        last_attempt_at = coalesce(mark.attempted_at, last_attempt_at),
        provider_id = CASE WHEN mark.attempted_at IS NULL THEN deliveries.provider_id
            ELSE mark.provider_id END,
        phase = NULL, worker_id = NULL, claim_token = NULL
    FROM MARK WHERE deliveries.id = mark.delivery_id AND IS_HELD
"""
SETTLE_COLUMNS = {
    "delivery_id": "bigint",
    "token": "text",
    "new_state": "text",
    "attempts": "integer",
    "next_attempt_at": "bigint",
    "ended_at": "bigint",
    "last_rule": "text",
    "last_said": "text",
    "sticky_provider_id": "bigint",
    "route": "json",
    "more_retries": "integer",
    "attempted_at": "bigint",
    "provider_id": "bigint",
}
_SETTLE = RowsStatement(SETTLE, columns=SETTLE_COLUMNS, IS_HELD=IS_HELD)


def write_settled(turn: Turn, marks: Iterable[Settled]) -> None:
    """Takes the deliveries out of the worker's hands; a lost one is left as others made it."""
    turn.run(_SETTLE, list(settled_rows(marks)))


def settled_rows(marks: Iterable[Settled]) -> Iterator[tuple[Any, ...]]:
    """What is written of each mark. Routes are mostly alike: comparing two is quicker than
    writing one out.
    """
    route: list[dict[str, Any]] = []
    text = "[]"
    for mark in marks:
        if mark.route != route:
            route, text = mark.route, json.dumps(mark.route)
        yield _settled_row(mark, text)


def _settled_row(mark: Settled, route: str) -> tuple[Any, ...]:
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
        route,
        int(decision.counts_as_retry),
        _microseconds(mark.attempted_at),
        mark.provider_id,
    )


_RETURN = RowsStatement(
    """
    UPDATE deliveries SET state = 'queued', attempts = mark.attempts,
        next_attempt_at = coalesce(mark.due_at, next_attempt_at),
        provider_id = coalesce(mark.provider_id, deliveries.provider_id),
        phase = NULL, worker_id = NULL, claim_token = NULL
    FROM MARK WHERE deliveries.id = mark.delivery_id AND IS_HELD
    """,
    columns={
        "delivery_id": "bigint",
        "token": "text",
        "attempts": "integer",
        "due_at": "bigint",
        "provider_id": "bigint",
    },
    IS_HELD=IS_HELD,
)


def write_returned(turn: Turn, marks: Iterable[Returned]) -> None:
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
    turn.run(_RETURN, rows)


def _microseconds(at: datetime | None) -> int | None:
    return None if at is None else to_microseconds(at)
