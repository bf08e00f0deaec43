"""Mails that repeat others: what can be repeated, what has been, and what repeats what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import Scope
from panel.storage.models import Delivery, Message, Partner, Resend
from panel.storage.queries.paging import AnySelect
from panel.storage.queue.ruling_terms import has_content, is_short_lived
from panel.storage.scope import within

LISTED_RESENDS = 20
"""Of one delivery, the last ones."""
_RESENDS = cast("Table", Resend.__table__)
_ADD = {
    "sqlite": sqlite.insert(_RESENDS).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(_RESENDS).on_conflict_do_nothing(),
}


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One recipient of a mail, and what decides whether it can be sent once more."""

    delivery_id: int
    recipient: str
    state: DeliveryState
    expires_at: datetime
    partner_id: int | None
    is_partner_enabled: bool | None
    """None for the house's own mail."""
    application_id: int | None
    source: str
    stream: Stream
    rfc_message_id: str
    subject: str
    from_email: str
    details: dict[str, Any]
    has_content: bool
    is_short_lived: bool


@dataclass(frozen=True, slots=True)
class Repeated:
    """A mail that repeats another one."""

    message_id: str
    of_message_id: str
    of_delivery_id: int
    number: int
    at: datetime
    actor: str
    """Empty: the reader is not told."""
    actor_partner_id: int | None


def find_repeatable(
    session: Session, scope: Scope, *, message_id: str, delivery_id: int
) -> Repeatable | None:
    """One recipient of a message; None when it is not there or not in scope."""
    statement: AnySelect = (
        select(
            Delivery.id,
            Delivery.recipient,
            Delivery.state,
            Delivery.expires_at,
            Message.partner_id,
            Partner.is_enabled,
            Message.application_id,
            Message.source,
            Message.stream,
            Message.rfc_message_id,
            Message.subject,
            Message.from_email,
            Message.details,
            has_content(),
            is_short_lived(),
        )
        .join(Message, Message.id == Delivery.message_id)
        .outerjoin(Partner, Partner.id == Message.partner_id)
        .where(Delivery.id == delivery_id, Delivery.message_id == message_id)
    )
    row = session.execute(within(statement, Delivery.partner_id, scope)).one_or_none()
    return Repeatable(*row) if row else None


def repeats_of(session: Session, delivery_id: int) -> tuple[Repeated, ...]:
    """The mails that repeat a delivery, first to last; of very many the last ones."""
    statement = (
        _repeated()
        .where(Resend.delivery_id == delivery_id)
        .order_by(Resend.number.desc())
        .limit(LISTED_RESENDS)
    )
    return tuple(Repeated(*row) for row in session.execute(statement))[::-1]


def find_repeated(session: Session, message_id: str) -> Repeated | None:
    """What this mail repeats; None when it is no repeat."""
    row = session.execute(_repeated().where(Resend.message_id == message_id)).one_or_none()
    return Repeated(*row) if row else None


def add_repeat(session: Session, repeated: Repeated) -> bool:
    """Notes that a mail repeats another one; False when somebody else has taken that number.

    Who is about to take it in another transaction is waited for.
    """
    row = {
        "message_id": repeated.message_id,
        "delivery_id": repeated.of_delivery_id,
        "number": repeated.number,
        "at": repeated.at,
        "actor": repeated.actor,
        "actor_partner_id": repeated.actor_partner_id,
    }
    connection = session.connection()
    added = connection.execute(_ADD[connection.dialect.name].returning(_RESENDS.c.number), row)
    return added.one_or_none() is not None


def _repeated() -> AnySelect:
    return select(
        Resend.message_id,
        Delivery.message_id,
        Resend.delivery_id,
        Resend.number,
        Resend.at,
        Resend.actor,
        Resend.actor_partner_id,
    ).join(Delivery, Delivery.id == Resend.delivery_id)
