"""One mail with all that happened to it; its body only by `find_content`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase, Stream
from panel.domain.permission import Scope
from panel.storage.models import (
    Application,
    Attempt,
    Content,
    Delivery,
    Message,
    Partner,
    Provider,
    Transcript,
)
from panel.storage.queries.paging import AnySelect
from panel.storage.scope import within

LISTED_RECIPIENTS = 100
"""Recipients shown of one mail; `find_delivery` reaches the others."""
LISTED_ATTEMPTS = 200
"""Attempts shown of one delivery, the last ones."""


@dataclass(frozen=True, slots=True)
class MailSummary:
    """What is known of a message itself."""

    id: str
    partner_id: int | None
    partner_name: str | None
    application_name: str | None
    source: str
    stream: Stream
    rfc_message_id: str
    subject: str
    from_email: str
    header: bytes
    size: int
    created_at: datetime
    down_provider_id: int | None
    """The provider that a failover drill treats as down."""
    has_body: bool
    body_removed_at: datetime | None
    """When the time was over for which the body was kept."""


@dataclass(frozen=True, slots=True)
class MailDelivery:
    """One recipient of the mail and how it stands with it."""

    id: int
    recipient: str
    state: DeliveryState
    attempts: int
    copies: int
    created_at: datetime
    next_attempt_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None
    rule: str
    said: str
    provider_partner_id: int | None
    """Whose provider was tried last; None: the house's, or none yet."""
    sticky_provider_id: int | None
    """Who must be tried first next time."""
    route: list[Any]


@dataclass(frozen=True, slots=True)
class MailAttempt:
    """One try for one recipient."""

    id: int
    number: int
    provider_id: int
    provider_name: str
    provider_partner_id: int | None
    status: AttemptStatus
    phase: Phase
    rule: str
    said: str
    provider_reference: str
    is_copy: bool
    started_at: datetime
    handed_over_at: datetime | None
    finished_at: datetime | None
    has_transcript: bool
    """What was said is kept."""

    @property
    def duration_ms(self) -> int | None:
        """How long the try took, None while it goes on."""
        if self.finished_at is None:
            return None
        return round((self.finished_at - self.started_at).total_seconds() * 1000)


@dataclass(frozen=True, slots=True)
class MailBytes:
    """A mail as it was accepted."""

    id: str
    partner_id: int | None
    subject: str
    header: bytes
    body: bytes | None
    """None: it was removed when its time was over."""


def find_content(session: Session, scope: Scope, message_id: str) -> MailBytes | None:
    """The bytes of the message, None when it is not there or not in scope."""
    statement = (
        select(Message.id, Message.partner_id, Message.subject, Message.header, Content.body)
        .outerjoin(Content, Content.digest == Message.content_digest)
        .where(Message.id == message_id)
    )
    row = session.execute(within(statement, Message.partner_id, scope)).one_or_none()
    return MailBytes(*row) if row else None


def find_mail(session: Session, scope: Scope, message_id: str) -> MailSummary | None:
    """The message of that id, None when it is not there or not in scope."""
    statement = (
        select(
            Message.id,
            Message.partner_id,
            Partner.name.label("partner_name"),
            Application.name.label("application_name"),
            Message.source,
            Message.stream,
            Message.rfc_message_id,
            Message.subject,
            Message.from_email,
            Message.header,
            Message.size,
            Message.created_at,
            Message.down_provider_id,
            Message.content_digest.is_not(None).label("has_body"),
            Message.body_removed_at,
        )
        .outerjoin(Partner, Partner.id == Message.partner_id)
        .outerjoin(Application, Application.id == Message.application_id)
        .where(Message.id == message_id)
    )
    row = session.execute(within(statement, Message.partner_id, scope)).one_or_none()
    return MailSummary(**row._asdict()) if row else None


def states_of(session: Session, message_id: str) -> dict[DeliveryState, int]:
    """How many recipients of the message are in which state."""
    statement = (
        select(Delivery.state, func.count())
        .where(Delivery.message_id == message_id)
        .group_by(Delivery.state)
    )
    return dict(session.execute(statement).all())


def deliveries_of(
    session: Session, message_id: str, *, state: DeliveryState | None = None
) -> tuple[MailDelivery, ...]:
    """The first `LISTED_RECIPIENTS` recipients of the message, or of those in one state."""
    of_message = [Delivery.message_id == message_id]
    statement = (
        _deliveries()
        .where(*of_message, *([Delivery.state == state] if state else []))
        .order_by(Delivery.id)
        .limit(LISTED_RECIPIENTS)
    )
    return tuple(MailDelivery(**row._asdict()) for row in session.execute(statement))


def find_delivery(session: Session, message_id: str, delivery_id: int) -> MailDelivery | None:
    """The delivery of that id, None when it belongs to another message."""
    statement = _deliveries().where(Delivery.id == delivery_id, Delivery.message_id == message_id)
    row = session.execute(statement).one_or_none()
    return MailDelivery(**row._asdict()) if row else None


def attempts_of(session: Session, delivery_id: int) -> tuple[MailAttempt, ...]:
    """The attempts of a delivery, first to last; of very many the last `LISTED_ATTEMPTS`."""
    statement = (
        select(
            Attempt.id,
            Attempt.number,
            Attempt.provider_id,
            Attempt.provider_name,
            Provider.partner_id.label("provider_partner_id"),
            Attempt.status,
            Attempt.phase,
            Attempt.rule,
            Attempt.said,
            Attempt.provider_reference,
            Attempt.is_copy,
            Attempt.started_at,
            Attempt.handed_over_at,
            Attempt.finished_at,
            Transcript.number.is_not(None).label("has_transcript"),
        )
        .outerjoin(Provider, Provider.id == Attempt.provider_id)
        .outerjoin(
            Transcript,
            and_(
                Transcript.delivery_id == Attempt.delivery_id, Transcript.number == Attempt.number
            ),
        )
        .where(Attempt.delivery_id == delivery_id)
        .order_by(Attempt.number.desc())
        .limit(LISTED_ATTEMPTS)
    )
    return tuple(MailAttempt(**row._asdict()) for row in session.execute(statement))[::-1]


def _deliveries() -> AnySelect:
    return select(
        Delivery.id,
        Delivery.recipient,
        Delivery.state,
        Delivery.attempts,
        Delivery.copies,
        Delivery.created_at,
        Delivery.next_attempt_at,
        Delivery.expires_at,
        Delivery.ended_at,
        Delivery.rule,
        Delivery.said,
        Provider.partner_id.label("provider_partner_id"),
        Delivery.sticky_provider_id,
        Delivery.route,
    ).outerjoin(Provider, Provider.id == Delivery.provider_id)
