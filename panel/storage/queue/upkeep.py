"""What time does to waiting deliveries: they expire, and unconfirmed ones are decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Select, select, update

from panel.domain.delivery import POLICIES, DeliveryState, Stream, UnconfirmedPolicy
from panel.storage.database import Session
from panel.storage.models import Delivery
from panel.storage.models.delivery import IS_DUE, IS_UNCONFIRMED

MOST_COPIES = 1
"""How often a mail is sent again by itself; if that answer is lost too, a person decides."""
_BATCH = 500
_UNSYNCHRONISED = {"synchronize_session": False}


def expire(session: Session, *, now: datetime) -> int:
    """Ends up to 500 waiting deliveries whose time is over, keeping their last reason."""
    ids = _ids(session, select(Delivery.id).where(IS_DUE, Delivery.expires_at <= now))
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids))
        .values(state=DeliveryState.EXPIRED, ended_at=now, next_attempt_at=None),
        execution_options=_UNSYNCHRONISED,
    )
    return len(ids)


def decide_unconfirmed(session: Session, *, now: datetime) -> int:
    """Applies the policies of the streams to up to 500 deliveries whose delay has passed."""
    due = select(Delivery.id).where(IS_UNCONFIRMED, Delivery.next_attempt_at <= now)
    ids = _ids(session, due)
    for stream, policy in POLICIES.items():
        if policy.unconfirmed is UnconfirmedPolicy.RESEND:
            _resend(session, ids, stream, now)
        if policy.unconfirmed is UnconfirmedPolicy.ASSUME_SENT:
            _assume_sent(session, ids, stream, now)
    _leave_to_people(session, ids)
    return len(ids)


def _resend(session: Session, ids: list[int], stream: Stream, now: datetime) -> None:
    """Queues them again, marked as a second copy, at the provider that may have it already."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.id.in_(ids),
            Delivery.stream == stream,
            Delivery.copies < MOST_COPIES,
            # Too late to be sent, but it may have arrived: that is not for us to call expired.
            Delivery.expires_at > now,
        )
        .values(
            state=DeliveryState.QUEUED,
            next_attempt_at=now,
            copies=Delivery.copies + 1,
            sticky_provider_id=Delivery.provider_id,
        ),
        execution_options=_UNSYNCHRONISED,
    )


def _assume_sent(session: Session, ids: list[int], stream: Stream, now: datetime) -> None:
    session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ids), Delivery.stream == stream)
        .values(state=DeliveryState.SENT, ended_at=now, next_attempt_at=None),
        execution_options=_UNSYNCHRONISED,
    )


def _leave_to_people(session: Session, ids: list[int]) -> None:
    """What no policy has moved waits for a decision, however long it takes."""
    session.execute(
        update(Delivery).where(Delivery.id.in_(ids), IS_UNCONFIRMED).values(next_attempt_at=None),
        execution_options=_UNSYNCHRONISED,
    )


def _ids(session: Session, statement: Select[int]) -> list[int]:
    locked = statement.limit(_BATCH).with_for_update(skip_locked=True, key_share=True)
    return list(session.scalars(locked))
