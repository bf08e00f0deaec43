"""Rows of the mailing log as a worker writes them: how far an attempt has got, how it ended.

A worker that was taken for dead writes nothing: its deliveries have got other attempts since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from panel.domain.delivery import AttemptStatus
from panel.storage.queue.marks import Ended, Reached, Returned, Settled
from panel.storage.queue.statement import IS_HELD, RowsStatement
from panel.storage.queue.turn import Turn
from panel.storage.types import to_microseconds

LONGEST_REFERENCE = 255
"""Characters of a provider's own number for a mail that are kept."""

# The phases of an attempt in progress follow each other in the order of the alphabet, too.
# Whose row is of another provider was announced there and never sent: it is overwritten.
REACH = """
    INSERT INTO attempts (delivery_id, number, partner_id, provider_id, provider_name, status,
        phase, stage, rule, enhanced_code, said, provider_reference, is_copy, started_at,
        handed_over_at)
    SELECT mark.delivery_id, mark.number, mark.partner_id, mark.provider_id, mark.provider_name,
        'IN PROGRESS', mark.phase, '', '', '', '', '', mark.is_copy, mark.started_at,
        mark.handed_over_at
    FROM MARK, deliveries WHERE deliveries.id = mark.delivery_id AND IS_HELD
    ON CONFLICT (delivery_id, number) DO UPDATE SET provider_id = excluded.provider_id,
        provider_name = excluded.provider_name, phase = excluded.phase,
        is_copy = excluded.is_copy, started_at = excluded.started_at,
        handed_over_at = excluded.handed_over_at
    WHERE attempts.status = 'IN PROGRESS' AND (attempts.phase < excluded.phase
        OR attempts.provider_id <> excluded.provider_id)
"""
REACH_COLUMNS = {
    "delivery_id": "bigint",
    "token": "text",
    "number": "integer",
    "partner_id": "bigint",
    "provider_id": "bigint",
    "provider_name": "text",
    "phase": "text",
    "is_copy": "boolean",
    "started_at": "bigint",
    "handed_over_at": "bigint",
}
_REACH = RowsStatement(REACH, columns=REACH_COLUMNS, IS_HELD=IS_HELD)


def write_reached(turn: Turn, marks: Sequence[Reached]) -> None:
    """Adds the attempts, or notes that they got further; never that they fell behind.

    At most one mark for each attempt.
    """
    turn.run(_REACH, [reached_row(mark) for mark in marks])


def reached_row(mark: Reached) -> tuple[Any, ...]:
    """What is written of the mark."""
    return (
        mark.delivery_id,
        mark.token,
        mark.number,
        mark.partner_id,
        mark.provider_id,
        mark.provider_name,
        mark.phase.value,
        mark.is_copy,
        to_microseconds(mark.started_at),
        to_microseconds(mark.handed_over_at) if mark.handed_over_at else None,
    )


END = """
    UPDATE attempts SET status = mark.status, phase = 'done', stage = mark.stage,
        rule = mark.rule, reply_code = mark.reply_code, enhanced_code = mark.enhanced_code,
        said = mark.said, provider_reference = mark.provider_reference,
        started_at = mark.started_at, handed_over_at = mark.handed_over_at,
        finished_at = mark.finished_at
    FROM MARK
    WHERE attempts.delivery_id = mark.delivery_id AND attempts.number = mark.number
        AND EXISTS (
            SELECT 1 FROM deliveries WHERE deliveries.id = mark.delivery_id AND IS_HELD
        )
"""
END_COLUMNS = {
    "delivery_id": "bigint",
    "token": "text",
    "number": "integer",
    "status": "text",
    "stage": "text",
    "rule": "text",
    "reply_code": "integer",
    "enhanced_code": "text",
    "said": "text",
    "provider_reference": "text",
    "started_at": "bigint",
    "handed_over_at": "bigint",
    "finished_at": "bigint",
}
_END = RowsStatement(END, columns=END_COLUMNS, IS_HELD=IS_HELD)


def write_ended(turn: Turn, marks: Sequence[Ended]) -> None:
    """Closes the attempts' rows, as far as the worker still holds their deliveries."""
    turn.run(_END, [ended_row(mark) for mark in marks])


def ended_row(mark: Ended) -> tuple[Any, ...]:
    """What is written of the mark."""
    outcome = mark.outcome
    reply = outcome.reply
    status = AttemptStatus.SUCCESS if outcome.is_sent else AttemptStatus.FAIL
    return (
        mark.delivery_id,
        mark.token,
        mark.number,
        status.value,
        outcome.stage.value,
        outcome.rule,
        reply.code if reply else None,
        (reply.enhanced or "") if reply else "",
        outcome.said,
        outcome.provider_reference[:LONGEST_REFERENCE],
        to_microseconds(mark.started_at),
        to_microseconds(mark.handed_over_at) if mark.handed_over_at else None,
        to_microseconds(mark.at),
    )


# By the ids of the rows, so that no database thinks of reading the whole log.
_TAKE_OFF = RowsStatement(
    """
    DELETE FROM attempts WHERE id IN (
        SELECT attempts.id FROM MARK, deliveries, attempts
        WHERE deliveries.id = mark.delivery_id AND IS_HELD
            AND attempts.delivery_id = mark.delivery_id AND number > mark.made
            AND attempts.status = 'IN PROGRESS'
    )
    """,
    columns={"delivery_id": "bigint", "token": "text", "made": "integer"},
    IS_HELD=IS_HELD,
)


def take_off_announced(turn: Turn, marks: Sequence[Settled | Returned]) -> None:
    """Removes from the log what was announced to a provider and not sent when the round ended.

    To be called while the worker still holds the deliveries.
    """
    rows = [(mark.delivery_id, mark.token, mark.attempts) for mark in marks]
    turn.run(_TAKE_OFF, rows)
