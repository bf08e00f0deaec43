"""Rows of the mailing log as a worker writes them: an attempt begins, an attempt ends.

A worker that was taken for dead writes nothing: its deliveries have got other attempts since.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Executable, Exists, Table, bindparam, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery
from panel.storage.queue.marks import Began, Ended

_DELIVERIES = cast("Table", Delivery.__table__)
_ATTEMPTS = cast("Table", Attempt.__table__)


def write_began(session: Session, marks: Sequence[Began]) -> None:
    """Adds the attempts of deliveries that the worker still holds.

    One that is there already (a repeated write) is left as it is.
    """
    statement = _begin(session.get_bind().dialect.name)
    session.connection().execute(statement, [_began_values(mark) for mark in marks])


@cache
def _begin(dialect: str) -> Executable:
    """Built once: putting a statement together takes longer than running it."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    columns = [_ATTEMPTS.c[name] for name in _BEGAN_COLUMNS]
    row = select(*(bindparam(f"v_{item.name}", type_=item.type) for item in columns)).where(
        _is_held(_DELIVERIES.c.id == bindparam("b_delivery_id"))
    )
    return (
        insert(_ATTEMPTS)
        .from_select(_BEGAN_COLUMNS, row, include_defaults=False)
        .on_conflict_do_nothing(index_elements=["delivery_id", "number"])
    )


_BEGAN_COLUMNS = (
    "delivery_id",
    "number",
    "partner_id",
    "provider_id",
    "provider_name",
    "status",
    "phase",
    "stage",
    "rule",
    "enhanced_code",
    "said",
    "provider_reference",
    "is_copy",
    "started_at",
)


def _began_values(mark: Began) -> dict[str, Any]:
    return {
        "b_delivery_id": mark.delivery_id,
        "b_token": mark.token,
        "v_delivery_id": mark.delivery_id,
        "v_number": mark.number,
        "v_partner_id": mark.partner_id,
        "v_provider_id": mark.provider_id,
        "v_provider_name": mark.provider_name,
        "v_status": AttemptStatus.IN_PROGRESS,
        "v_phase": Phase.CLAIMED,
        "v_stage": "",
        "v_rule": "",
        "v_enhanced_code": "",
        "v_said": "",
        "v_provider_reference": "",
        "v_is_copy": mark.is_copy,
        "v_started_at": mark.at,
    }


def write_ended(session: Session, marks: Sequence[Ended]) -> None:
    """Closes the attempts' rows, as far as the worker still holds their deliveries."""
    session.connection().execute(_end(), [_ended_values(mark) for mark in marks])


@cache
def _end() -> Executable:
    return (
        update(_ATTEMPTS)
        .where(
            _ATTEMPTS.c.delivery_id == bindparam("b_delivery_id"),
            _ATTEMPTS.c.number == bindparam("b_number"),
            _is_held(_DELIVERIES.c.id == _ATTEMPTS.c.delivery_id),
        )
        .values({column: bindparam(f"v_{column}") for column in _ENDED_COLUMNS})
    )


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
        "b_token": mark.token,
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


def _is_held(delivery: ColumnElement[bool]) -> Exists:
    """Whether the worker holds the delivery: a worker that was taken for dead writes nothing."""
    return exists().where(
        delivery,
        _DELIVERIES.c.claim_token == bindparam("b_token"),
        _DELIVERIES.c.state == DeliveryState.SENDING,
    )
