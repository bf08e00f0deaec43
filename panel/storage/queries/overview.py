"""Whether mail is flowing, in figures that cost the same with a thousand rows and ten million."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from panel.domain.delivery import DeliveryState
from panel.domain.provider import ServiceType
from panel.storage.models import Application, Delivery, Message, Provider
from panel.storage.models.delivery import IS_FAILED, IS_UNCONFIRMED, IS_WAITING
from panel.storage.queries.paging import AnySelect

COUNT_LIMIT = 5_000
"""Counts stop here; how many there are beyond it tells the last reading of the queue."""


@dataclass(frozen=True, slots=True)
class Count:
    """A number; `is_capped` when there are more than were counted."""

    number: int
    is_capped: bool = False


@dataclass(frozen=True, slots=True)
class OldestWaiting:
    """The delivery that has been waiting longest."""

    message_id: str
    recipient: str
    state: DeliveryState
    created_at: datetime
    next_attempt_at: datetime | None
    rule: str


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What of a new installation has been set up already."""

    has_provider: bool
    has_verified_provider: bool
    has_fallback: bool
    has_application: bool
    has_mail: bool

    @property
    def are_done(self) -> bool:
        """Whether nothing is left to set up."""
        return all((self.has_verified_provider, self.has_fallback, self.has_application)) and (
            self.has_provider and self.has_mail
        )


def failed_count(session: Session, since: datetime, until: datetime | None = None) -> Count:
    """How many deliveries ended failed or expired from then on; those sent again since are not
    among them.
    """
    ended = select(Delivery.id).where(IS_FAILED, Delivery.ended_at >= since)
    if until is not None:
        ended = ended.where(Delivery.ended_at < until)
    return _capped(session, ended.limit(COUNT_LIMIT + 1))


def unconfirmed_count(session: Session) -> Count:
    """How many deliveries may be out already and wait for a decision."""
    return _capped(session, select(Delivery.id).where(IS_UNCONFIRMED).limit(COUNT_LIMIT + 1))


def waiting_count(session: Session) -> Count:
    """How many deliveries have not ended."""
    return _capped(session, select(Delivery.id).where(IS_WAITING).limit(COUNT_LIMIT + 1))


def oldest_waiting(session: Session) -> OldestWaiting | None:
    """What came first of all that waits; None when nothing does."""
    statement = (
        select(
            Delivery.message_id,
            Delivery.recipient,
            Delivery.state,
            Delivery.created_at,
            Delivery.next_attempt_at,
            Delivery.rule,
        )
        .where(IS_WAITING)
        .order_by(Delivery.id)
        .limit(1)
    )
    row = session.execute(statement).first()
    return OldestWaiting(**row._asdict()) if row else None


def first_steps(session: Session) -> FirstSteps:
    """What has been set up; a handful of look-ups in small tables, and one in the messages."""
    providers = session.scalars(
        select(Provider).where(Provider.partner_id.is_(None), Provider.deleted_at.is_(None))
    ).all()
    return FirstSteps(
        has_provider=bool(providers),
        has_verified_provider=any(provider.is_verified for provider in providers),
        has_fallback=any(p.service_type is ServiceType.FALLBACK and p.is_active for p in providers),
        has_application=_is_there(session, select(Application.id)),
        has_mail=_is_there(session, select(Message.id)),
    )


def _capped(session: Session, ids: Select[int]) -> Count:
    counted = session.scalar(select(func.count()).select_from(ids.subquery())) or 0
    return Count(min(counted, COUNT_LIMIT), is_capped=counted > COUNT_LIMIT)


def _is_there(session: Session, statement: AnySelect) -> bool:
    return session.execute(statement.limit(1)).first() is not None
