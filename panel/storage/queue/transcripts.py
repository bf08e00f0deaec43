"""What was said during attempts, as a worker writes it: only where there is something to tell."""

from __future__ import annotations

from collections.abc import Sequence

from panel.storage.queue.marks import Ended
from panel.storage.queue.statement import IS_HELD, RowsStatement
from panel.storage.queue.turn import Turn

# An attempt that its worker lost may have been taken off the log.
_KEEP = RowsStatement(
    """
    INSERT INTO transcripts (delivery_id, number, said)
    SELECT mark.delivery_id, mark.number, mark.said
    FROM MARK, attempts, deliveries
    WHERE attempts.delivery_id = mark.delivery_id AND attempts.number = mark.number
        AND deliveries.id = mark.delivery_id AND IS_HELD
    ON CONFLICT (delivery_id, number) DO UPDATE SET said = excluded.said
    """,
    columns={"delivery_id": "bigint", "token": "text", "number": "integer", "said": "text"},
    IS_HELD=IS_HELD,
)


def write_transcripts(turn: Turn, marks: Sequence[Ended]) -> None:
    """Keeps what was said during the attempts, as far as the worker still holds their deliveries.

    To be called after their rows were closed.
    """
    told = [mark for mark in marks if mark.outcome.transcript]
    if told:
        turn.run(_KEEP, [_row(mark) for mark in told])


def _row(mark: Ended) -> tuple[int, str, int, str]:
    return mark.delivery_id, mark.token, mark.number, mark.outcome.transcript
