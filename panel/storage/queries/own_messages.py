"""A message as the application that submitted it may read it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from panel.domain.delivery import AttemptStatus, DeliveryState, Stream
from panel.domain.permission import Scope
from panel.storage.models import Attempt, Delivery, Message, Provider
from panel.storage.scope import within


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """The message itself."""

    id: str
    stream: Stream
    subject: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OwnDelivery:
    """One recipient and how it stands with it."""

    id: int
    recipient: str
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class OwnAttempt:
    """One try for one recipient."""

    delivery_id: int
    number: int
    provider_name: str
    provider_partner_id: int | None
    """Whose provider it was; None: the house's."""
    status: AttemptStatus
    reply_code: int | None
    enhanced_code: str
    rule: str
    said: str
    started_at: datetime
    finished_at: datetime | None


def find_message(
    session: Session, scope: Scope, message_id: str, *, application_id: int | None
) -> OwnMessage | None:
    """The message, None when it is not there or somebody else's; without an id, any in scope."""
    statement = select(Message.id, Message.stream, Message.subject, Message.created_at).where(
        Message.id == message_id
    )
    if application_id is not None:
        statement = statement.where(Message.application_id == application_id)
    row = session.execute(within(statement, Message.partner_id, scope)).one_or_none()
    return OwnMessage(**row._asdict()) if row else None


def deliveries_of(session: Session, message_id: str) -> tuple[OwnDelivery, ...]:
    """All recipients of the message, in the order given."""
    statement = (
        select(Delivery.id, Delivery.recipient, Delivery.state)
        .where(Delivery.message_id == message_id)
        .order_by(Delivery.id)
    )
    return tuple(OwnDelivery(**row._asdict()) for row in session.execute(statement))


def attempts_of(session: Session, message_id: str) -> tuple[OwnAttempt, ...]:
    """All tries for all recipients of the message, first to last."""
    statement = (
        select(
            Attempt.delivery_id,
            Attempt.number,
            Attempt.provider_name,
            Provider.partner_id.label("provider_partner_id"),
            Attempt.status,
            Attempt.reply_code,
            Attempt.enhanced_code,
            Attempt.rule,
            Attempt.said,
            Attempt.started_at,
            Attempt.finished_at,
        )
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .outerjoin(Provider, Provider.id == Attempt.provider_id)
        .where(Delivery.message_id == message_id)
        .order_by(Attempt.delivery_id, Attempt.number)
    )
    return tuple(OwnAttempt(**row._asdict()) for row in session.execute(statement))
