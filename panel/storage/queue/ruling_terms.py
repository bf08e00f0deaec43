"""Which deliveries a person's decision fits, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    TextClause,
    and_,
    case,
    exists,
    null,
    or_,
    true,
    type_coerce,
)

from panel.domain.delivery import AttemptStatus, DeliveryState, Stream
from panel.domain.ruling import SHORT_LIFE, Choice
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Message, Provider, Ruling
from panel.storage.models.delivery import IS_DUE, IS_UNCONFIRMED
from panel.storage.queries.policies import stream_policies
from panel.storage.types import UtcTime

CANCELLED = "cancelled"
"""The rule that stands with a cancelled delivery."""
HELD_BY_PERSON = "held_by_person"
"""The rule that stands with a delivery that somebody holds."""
_SHORT_LIFE_US = int(SHORT_LIFE.total_seconds() * 1_000_000)


def conditions(choice: Choice, now: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    """What a delivery must be like for the decision to fit."""
    if choice is Choice.SEND_NOW:
        return (IS_DUE,)
    if choice is Choice.HOLD:
        return (IS_DUE, Delivery.state != DeliveryState.HELD)
    if choice is Choice.CANCEL:
        # A copy is due too, but its first may be out: cancelled means that nothing was sent.
        return (IS_DUE, Delivery.copies == 0)
    if choice is Choice.SEND_AGAIN:
        return _may_be_sent_again(now)
    return (or_(IS_UNCONFIRMED, and_(IS_DUE, Delivery.copies > 0)),)


def _may_be_sent_again(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Never what a provider has taken, nor what nobody can use any more."""
    states = (DeliveryState.UNCONFIRMED, DeliveryState.FAILED, DeliveryState.EXPIRED)
    return (
        Delivery.state.in_(states),
        ~was_taken(),
        has_content(),
        or_(Delivery.expires_at > now, ~is_short_lived()),
    )


def was_taken() -> ColumnElement[bool]:
    """Whether a provider took it in any attempt."""
    return _exists(Attempt.delivery_id == Delivery.id, Attempt.status == AttemptStatus.SUCCESS)


def has_content() -> ColumnElement[bool]:
    """Whether the body of its message is still there."""
    return _exists(Message.id == Delivery.message_id, Message.content_digest.is_not(None))


def is_short_lived() -> ColumnElement[bool]:
    """Whether it was made to be worthless soon."""
    lived_us = _as_number(Delivery.expires_at) - _as_number(Delivery.created_at)
    return lived_us < _SHORT_LIFE_US


def _as_number(column: Any) -> ColumnElement[int]:
    return type_coerce(column, BigInteger)


def values(session: Session, choice: Choice, now: datetime) -> Mapping[str, Any]:
    """What becomes of a delivery that the decision fits."""
    fresh = {"retries": 0, "rescues": 0}
    if choice is Choice.SEND_NOW:
        is_held = Delivery.state == DeliveryState.HELD
        return {
            "state": DeliveryState.QUEUED,
            "next_attempt_at": now,
            "rule": case((is_held, ""), else_=Delivery.rule),
            "said": case((is_held, ""), else_=Delivery.said),
            **fresh,
        }
    if choice is Choice.SEND_AGAIN:
        return _further_try(session, now) | fresh
    if choice is Choice.HOLD:
        held = {"state": DeliveryState.HELD, "rule": HELD_BY_PERSON, "said": ""}
        return held | {"next_attempt_at": None}
    ended = {"ended_at": now, "next_attempt_at": None}
    if choice is Choice.CANCEL:
        return ended | {"state": DeliveryState.CANCELLED, "rule": CANCELLED, "said": ""}
    is_sent = choice is Choice.COUNT_AS_SENT
    return ended | {"state": DeliveryState.SENT if is_sent else DeliveryState.FAILED}


def _further_try(session: Session, now: datetime) -> dict[str, Any]:
    """A copy goes to the provider that may have it already, unless that one is gone."""
    doubtful = may_be_out()
    return {
        "state": DeliveryState.QUEUED,
        "next_attempt_at": now,
        "ended_at": None,
        "rule": "",
        "said": "",
        "copies": Delivery.copies + case((doubtful, 1), else_=0),
        "sticky_provider_id": case(
            (and_(doubtful, is_provider_present()), Delivery.provider_id), else_=null()
        ),
        "expires_at": case(
            (Delivery.expires_at > now, Delivery.expires_at), else_=_new_end(session, now)
        ),
    }


def may_be_out() -> ColumnElement[bool]:
    """Whether it was handed over once without an answer: what is sent then is a second copy."""
    was_unconfirmed = _exists(
        Ruling.delivery_id == Delivery.id, Ruling.state_before == DeliveryState.UNCONFIRMED
    )
    is_unconfirmed = Delivery.state == DeliveryState.UNCONFIRMED
    return or_(is_unconfirmed, Delivery.copies > 0, was_unconfirmed)


def _new_end(session: Session, now: datetime) -> ColumnElement[datetime]:
    """What was too late gets as long as any mail of its stream."""
    policies = stream_policies(session)
    longest = max(policy.expires_after for policy in policies.values())
    return case(
        *(
            (Delivery.stream == stream, type_coerce(now + policies[stream].expires_after, UtcTime))
            for stream in Stream
        ),
        else_=type_coerce(now + longest, UtcTime),
    )


def is_provider_present() -> ColumnElement[bool]:
    """Whether the provider that a delivery was tried at last is there and switched on."""
    return _exists(
        Provider.id == Delivery.provider_id,
        Provider.is_active == true(),
        Provider.deleted_at.is_(None),
    )


def _exists(*terms: ColumnElement[bool]) -> ColumnElement[bool]:
    """About the delivery of the statement around it, whatever else that one selects from."""
    return exists().where(*terms).correlate(Delivery)
