"""How far claimed deliveries have come, each write guarded by the claim token of its worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, select, update

from panel.domain.delivery import DeliveryState, Phase
from panel.storage.database import Session
from panel.storage.models import Delivery
from panel.storage.queue.marks import HandingOver, Returned, Settled

_DELIVERIES = cast("Table", Delivery.__table__)
ENDED_STATES = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.EXPIRED})
LONGEST_SAID = 2100
"""Characters of a reason that are kept with a delivery."""


def write_handing_over(session: Session, marks: Sequence[HandingOver]) -> list[bool]:
    """For each mark whether its worker still holds the delivery and may hand it over."""
    table = _DELIVERIES
    statement = (
        update(table)
        .where(
            table.c.id == bindparam("b_id"),
            table.c.claim_token == bindparam("b_token"),
            table.c.state == DeliveryState.SENDING,
        )
        .values(phase=Phase.HANDING_OVER)
    )
    rows = [{"b_id": mark.delivery_id, "b_token": mark.token} for mark in marks]
    result = session.connection().execute(statement, rows)
    if result.rowcount == len(rows):
        return [True] * len(rows)
    rows_held = session.execute(
        select(Delivery.id, Delivery.claim_token).where(
            Delivery.id.in_([mark.delivery_id for mark in marks]),
            Delivery.phase == Phase.HANDING_OVER,
        )
    )
    held = {(row.id, row.claim_token) for row in rows_held}
    return [(mark.delivery_id, mark.token) in held for mark in marks]


def write_settled(session: Session, marks: Sequence[Settled]) -> None:
    """Takes the deliveries out of the worker's hands; a lost one is left as others made it."""
    table = _DELIVERIES
    columns: dict[str, Any] = {column: bindparam(f"v_{column}") for column in _SETTLED_COLUMNS}
    statement = (
        update(table)
        .where(
            table.c.id == bindparam("b_id"),
            table.c.claim_token == bindparam("b_token"),
            table.c.state == DeliveryState.SENDING,
        )
        .values(
            **columns,
            retries=table.c.retries + bindparam("b_retries"),
            last_attempt_at=case(
                (bindparam("b_tried", type_=table.c.attempts.type) == 0, table.c.last_attempt_at),
                else_=bindparam("v_last_attempt_at", type_=table.c.last_attempt_at.type),
            ),
            provider_id=case(
                (bindparam("b_tried", type_=table.c.attempts.type) == 0, table.c.provider_id),
                else_=bindparam("v_provider_id", type_=table.c.provider_id.type),
            ),
            phase=None,
            worker_id=None,
            claim_token=None,
        )
    )
    session.connection().execute(statement, [_settled_values(mark) for mark in marks])


_SETTLED_COLUMNS = (
    "state",
    "attempts",
    "next_attempt_at",
    "ended_at",
    "rule",
    "said",
    "sticky_provider_id",
    "route",
)


def _settled_values(mark: Settled) -> dict[str, Any]:
    decision = mark.decision
    return {
        "b_id": mark.delivery_id,
        "b_token": mark.token,
        "b_retries": int(decision.counts_as_retry),
        "b_tried": int(mark.attempted_at is not None),
        "v_state": decision.state,
        "v_attempts": mark.attempts,
        "v_next_attempt_at": decision.next_attempt_at,
        "v_ended_at": mark.at if decision.state in ENDED_STATES else None,
        "v_rule": decision.rule,
        "v_said": decision.said[:LONGEST_SAID],
        "v_sticky_provider_id": mark.sticky_provider_id,
        "v_route": mark.route,
        "v_last_attempt_at": mark.attempted_at,
        "v_provider_id": mark.provider_id,
    }


def write_returned(session: Session, marks: Sequence[Returned]) -> None:
    """Puts the deliveries back at their place in the queue; their last reason stays."""
    table = _DELIVERIES
    statement = (
        update(table)
        .where(
            table.c.id == bindparam("b_id"),
            table.c.claim_token == bindparam("b_token"),
            table.c.state == DeliveryState.SENDING,
        )
        .values(
            state=DeliveryState.QUEUED,
            attempts=bindparam("v_attempts"),
            phase=None,
            worker_id=None,
            claim_token=None,
        )
    )
    rows = [
        {"b_id": mark.delivery_id, "b_token": mark.token, "v_attempts": mark.attempts}
        for mark in marks
    ]
    session.connection().execute(statement, rows)
