"""Progress of claimed deliveries, each write guarded by the claim token of its worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, bindparam, case, select, update
from sqlalchemy.dialects import postgresql, sqlite

from panel.domain.decision import Decision
from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.domain.outcome import Outcome
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery

_DELIVERIES = cast("Table", Delivery.__table__)
_ATTEMPTS = cast("Table", Attempt.__table__)
ENDED_STATES = frozenset({DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Began:
    """An attempt begins: a row of the mailing log, in progress."""

    delivery_id: int
    number: int
    partner_id: int | None
    provider_id: int
    provider_name: str
    at: datetime
    is_copy: bool


@dataclass(frozen=True, slots=True)
class HandingOver:
    """All is ready for the final dot."""

    delivery_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt has ended with `outcome`."""

    delivery_id: int
    number: int
    outcome: Outcome
    handed_over_at: datetime | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Settled:
    """A round has ended: the delivery leaves the worker's hands."""

    delivery_id: int
    token: str
    decision: Decision
    attempts: int
    provider_id: int | None
    attempted_at: datetime | None
    route: list[dict[str, Any]]
    at: datetime


def write_began(session: Session, marks: Sequence[Began]) -> None:
    """Adds the attempts; one that is there already (a repeated write) is left as it is."""
    dialect = session.get_bind().dialect.name
    insert_ = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(
        insert_(Attempt).on_conflict_do_nothing(index_elements=["delivery_id", "number"]),
        [
            {
                "delivery_id": mark.delivery_id,
                "number": mark.number,
                "partner_id": mark.partner_id,
                "provider_id": mark.provider_id,
                "provider_name": mark.provider_name,
                "status": AttemptStatus.IN_PROGRESS,
                "phase": Phase.CLAIMED,
                "stage": "",
                "rule": "",
                "enhanced_code": "",
                "said": "",
                "provider_reference": "",
                "is_copy": mark.is_copy,
                "started_at": mark.at,
            }
            for mark in marks
        ],
    )


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
    held = set(
        session.execute(
            select(Delivery.id, Delivery.claim_token).where(
                Delivery.id.in_([mark.delivery_id for mark in marks]),
                Delivery.phase == Phase.HANDING_OVER,
            )
        ).tuples()
    )
    return [(mark.delivery_id, mark.token) in held for mark in marks]


def write_ended(session: Session, marks: Sequence[Ended]) -> None:
    """Closes the attempts' rows."""
    table = _ATTEMPTS
    statement = (
        update(table)
        .where(
            table.c.delivery_id == bindparam("b_delivery_id"),
            table.c.number == bindparam("b_number"),
        )
        .values({column: bindparam(f"v_{column}") for column in _ENDED_COLUMNS})
    )
    session.connection().execute(statement, [_ended_values(mark) for mark in marks])


_ENDED_COLUMNS = (
    "status",
    "phase",
    "stage",
    "rule",
    "reply_code",
    "enhanced_code",
    "said",
    "provider_reference",
    "handed_over_at",
    "finished_at",
)


def _ended_values(mark: Ended) -> dict[str, Any]:
    outcome = mark.outcome
    reply = outcome.reply
    return {
        "b_delivery_id": mark.delivery_id,
        "b_number": mark.number,
        "v_status": AttemptStatus.SUCCESS if outcome.is_sent else AttemptStatus.FAIL,
        "v_phase": Phase.DONE,
        "v_stage": outcome.stage.value,
        "v_rule": outcome.rule,
        "v_reply_code": reply.code if reply else None,
        "v_enhanced_code": (reply.enhanced or "") if reply else "",
        "v_said": outcome.said,
        "v_provider_reference": outcome.provider_reference[:255],
        "v_handed_over_at": mark.handed_over_at,
        "v_finished_at": mark.at,
    }


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
        "v_said": decision.said,
        "v_sticky_provider_id": mark.provider_id if decision.sticky else None,
        "v_route": mark.route,
        "v_last_attempt_at": mark.attempted_at,
        "v_provider_id": mark.provider_id,
    }
