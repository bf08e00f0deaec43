"""How far claimed deliveries have come, each write guarded by the claim token of its worker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, bindparam, case, select, update

from panel.domain.delivery import DeliveryState, Phase
from panel.storage.database import Session
from panel.storage.models import Delivery
from panel.storage.queue.marks import HandingOver, Returned, Settled

_DELIVERIES = cast("Table", Delivery.__table__)
ENDED_STATES = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.EXPIRED})
LONGEST_SAID = 2100
"""Characters of a reason that are kept with a delivery."""
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
_FREE: dict[str, Any] = {"phase": None, "worker_id": None, "claim_token": None}


def _if_tried(column: str) -> ColumnElement[Any]:
    """The new value where the round tried a provider, else the old one."""
    old = _DELIVERIES.c[column]
    tried = bindparam("b_tried", type_=_DELIVERIES.c.attempts.type)
    return case((tried == 0, old), else_=bindparam(f"v_{column}", type_=old.type))


# Built once: SQLAlchemy takes longer to put a statement together than SQLite to run it.
_MINE = update(_DELIVERIES).where(
    _DELIVERIES.c.id == bindparam("b_id"),
    _DELIVERIES.c.claim_token == bindparam("b_token"),
    _DELIVERIES.c.state == DeliveryState.SENDING,
)
_HAND_OVER = _MINE.values(phase=Phase.HANDING_OVER, provider_id=bindparam("b_provider_id"))
_SETTLE = _MINE.values(
    **{column: bindparam(f"v_{column}") for column in _SETTLED_COLUMNS},
    **_FREE,
    retries=_DELIVERIES.c.retries + bindparam("b_retries"),
    last_attempt_at=_if_tried("last_attempt_at"),
    provider_id=_if_tried("provider_id"),
)
_RETURN = _MINE.values(state=DeliveryState.QUEUED, attempts=bindparam("v_attempts"), **_FREE)


def write_handing_over(session: Session, marks: Sequence[HandingOver]) -> list[bool]:
    """For each mark whether its worker still holds the delivery and may hand it over."""
    rows = [
        {"b_id": mark.delivery_id, "b_token": mark.token, "b_provider_id": mark.provider_id}
        for mark in marks
    ]
    result = session.connection().execute(_HAND_OVER, rows)
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
    session.connection().execute(_SETTLE, [_settled_values(mark) for mark in marks])


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
    rows = [
        {"b_id": mark.delivery_id, "b_token": mark.token, "v_attempts": mark.attempts}
        for mark in marks
    ]
    session.connection().execute(_RETURN, rows)
