"""Mails whose deliveries have ended, for whatever depends on their age."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.retention import SETTLED, Retention
from panel.domain.ruling import Choice
from panel.storage.database import Session
from panel.storage.models import Message, OwnRetention, Ruling
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON

DAY = timedelta(days=1)


def days_ago(days: float) -> datetime:
    """An end that is exactly old enough, at noon, to have been so many days ago."""
    return NOON - SETTLED - days * DAY


def an_ended_mail(
    session: Session,
    *ends: datetime | None,
    stream: Stream = Stream.CRM,
    state: DeliveryState = DeliveryState.SENT,
    **overrides: Any,
) -> str:
    """The id of a mail with a recipient for each end; None: that one waits, unconfirmed.

    Each recipient has an attempt and a decision.
    """
    message = a_message(session, stream=stream, created_at=days_ago(1000), **overrides)
    for number, at in enumerate(ends or (days_ago(100),)):
        is_open = at is None
        delivery = a_delivery(
            session,
            message,
            recipient=f"r{number}@contoso.test",
            state=DeliveryState.UNCONFIRMED if is_open else state,
            ended_at=at,
            next_attempt_at=None,
        )
        an_attempt(session, delivery)
        session.add(
            Ruling(
                delivery_id=delivery.id,
                at=NOON,
                actor="ada@house.test",
                choice=Choice.SEND_AGAIN,
                state_before=DeliveryState.UNCONFIRMED,
            )
        )
    session.flush()
    return message.id


def keep(session: Session, stream: Stream = Stream.CRM, **days: int | None) -> Retention:
    """Sets how long mail of a stream is kept."""
    retention = Retention(**days)
    session.merge(
        OwnRetention(
            stream=stream, bodies_days=retention.bodies_days, mails_days=retention.mails_days
        )
    )
    session.flush()
    return retention


def has_body(session: Session, message_id: str) -> bool | None:
    """Whether the content of a mail is there, None: the mail is not; no transaction stays open."""
    session.rollback()
    statement = select(Message.content_digest.is_not(None)).where(Message.id == message_id)
    found = session.scalar(statement)
    session.rollback()
    return found
