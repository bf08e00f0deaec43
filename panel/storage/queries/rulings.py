"""What has been decided about a delivery, and what can still be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Scope
from panel.domain.ruling import Case, Choice
from panel.storage.models import Delivery, Provider, Ruling
from panel.storage.queries.paging import AnyRow, AnySelect
from panel.storage.queue.ruling_terms import (
    has_content,
    is_provider_present,
    is_short_lived,
    may_be_out,
    was_taken,
)
from panel.storage.scope import within

LISTED_RULINGS = 100
"""Decisions shown of one delivery, the last ones."""


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision about a delivery."""

    id: int
    at: datetime
    actor: str
    """Empty: the rule of the stream, or somebody whom the reader is not told."""
    actor_partner_id: int | None
    choice: Choice
    state_before: DeliveryState
    note: str
    is_by_rule: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a delivery for somebody who wants to decide about it."""

    case: Case
    attempts: int
    partner_id: int | None
    provider_name: str | None
    """Who was tried last."""
    provider_partner_id: int | None
    is_provider_present: bool
    may_be_out: bool
    """It was handed over once without an answer."""


def rulings_of(session: Session, delivery_id: int) -> tuple[Decided, ...]:
    """The last decisions about a delivery, first to last."""
    rows = session.scalars(
        select(Ruling)
        .where(Ruling.delivery_id == delivery_id)
        .order_by(Ruling.id.desc())
        .limit(LISTED_RULINGS)
    )
    return tuple(_decided(row) for row in rows)[::-1]


def find_standing(
    session: Session, scope: Scope, *, message_id: str, delivery_id: int
) -> Standing | None:
    """How it stands with one recipient of a message; None when it is not there or not in scope."""
    statement = _standings().where(Delivery.id == delivery_id, Delivery.message_id == message_id)
    row = session.execute(within(statement, Delivery.partner_id, scope)).one_or_none()
    return _standing(row) if row is not None else None


def _standings() -> AnySelect:
    return select(
        Delivery.state,
        Delivery.copies,
        Delivery.attempts,
        Delivery.expires_at,
        Delivery.partner_id,
        Provider.name.label("provider_name"),
        Provider.partner_id.label("provider_partner_id"),
        was_taken().label("is_taken"),
        has_content().label("has_content"),
        is_short_lived().label("is_short_lived"),
        may_be_out().label("may_be_out"),
        is_provider_present().label("is_provider_present"),
    ).outerjoin(Provider, Provider.id == Delivery.provider_id)


def _standing(row: AnyRow) -> Standing:
    case = Case(
        state=row.state,
        is_copy=row.copies > 0,
        expires_at=row.expires_at,
        is_taken=row.is_taken,
        has_content=row.has_content,
        is_short_lived=row.is_short_lived,
    )
    return Standing(
        case,
        row.attempts,
        row.partner_id,
        row.provider_name,
        row.provider_partner_id,
        row.is_provider_present,
        row.may_be_out,
    )


def _decided(row: Ruling) -> Decided:
    return Decided(
        id=row.id,
        at=row.at,
        actor=row.actor,
        actor_partner_id=row.actor_partner_id,
        choice=row.choice,
        state_before=row.state_before,
        note=row.note,
        is_by_rule=not row.actor,
    )
