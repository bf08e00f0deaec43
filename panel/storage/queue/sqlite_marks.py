"""On SQLite marks that nearly always come together are one effect: a row by itself costs there
about as much as what it does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from panel.domain.delivery import DeliveryState
from panel.storage.queue.attempts import (
    END,
    END_COLUMNS,
    REACH,
    REACH_COLUMNS,
    ended_row,
    reached_row,
    write_reached,
)
from panel.storage.queue.marks import Ended, Reached, Settled
from panel.storage.queue.progress import NOTE_REACHED, SETTLE, SETTLE_COLUMNS, Held, settled_rows
from panel.storage.queue.sqlite_turn import SqliteTurn
from panel.storage.queue.statement import IS_HELD, RowEffect

_SHARED = 2
"""Columns with which both rows begin: the delivery and the token."""
_LOSE = """
    INSERT INTO lost (id, token) SELECT mark.delivery_id, mark.token
    WHERE NOT EXISTS (
        SELECT 1 FROM deliveries WHERE deliveries.id = mark.delivery_id AND IS_HELD
    )
"""
_STEP = RowEffect(f"{NOTE_REACHED}; {_LOSE}; {REACH}", columns=REACH_COLUMNS, IS_HELD=IS_HELD)
_CLOSE = RowEffect(f"{END}; {SETTLE}", columns=END_COLUMNS | SETTLE_COLUMNS, IS_HELD=IS_HELD)

Closing = tuple[Ended, Settled]
"""The last attempt of a delivery, and what was decided by it."""


def write_steps(
    turn: SqliteTurn, furthest: Sequence[Reached], latest: Sequence[Reached]
) -> Callable[[], Held]:
    """Notes how far deliveries and attempts got; after the turn tells which are still held.

    `furthest` has at most one mark for each attempt, `latest` those of them that are the last of
    their delivery.
    """
    if len(furthest) > len(latest):
        known = set(map(id, latest))
        write_reached(turn, [mark for mark in furthest if id(mark) not in known])
    turn.run(_STEP, [reached_row(mark) for mark in latest])
    asked = frozenset([(mark.delivery_id, mark.token) for mark in latest])
    return lambda: asked - frozenset(turn.lost())


def paired(
    ended: Sequence[Ended], settled: Sequence[Settled]
) -> tuple[list[Closing], list[Ended], list[Settled]]:
    """What went out at once and is done with, and what is left of each kind."""
    last = {(mark.delivery_id, mark.token, mark.number): mark for mark in ended}
    pairs: list[Closing] = []
    others: list[Settled] = []
    for mark in settled:
        attempt = None
        if mark.decision.state is DeliveryState.SENT:
            attempt = last.get((mark.delivery_id, mark.token, mark.attempts))
        if attempt is None or attempt.outcome.transcript:
            others.append(mark)
        else:
            pairs.append((attempt, mark))
            del last[mark.delivery_id, mark.token, mark.attempts]
    return pairs, list(last.values()), others


def write_closings(turn: SqliteTurn, pairs: Sequence[Closing]) -> None:
    """Closes the rows of the attempts and takes the deliveries out of the worker's hands."""
    decided = settled_rows([mark for _, mark in pairs])
    rows = [
        (*ended_row(attempt), *row[_SHARED:])
        for (attempt, _), row in zip(pairs, decided, strict=True)
    ]
    turn.run(_CLOSE, rows)
