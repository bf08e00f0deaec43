"""The mail of failover drills: how it is marked, how it stands, how it is called off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.drill import DrillResult, drill_result
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Drill, Message
from panel.storage.models.delivery import IS_DUE
from panel.storage.models.drill import IS_GOING

DRILL_OVER = "drill_over"
"""The rule that stands with a mail that nobody took in the one round of its drill."""
DRILL_DELETED = "drill_deleted"
"""The rule of a drill whose mail somebody deleted."""
_BATCH = 50
_UNSYNCHRONISED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Taken:
    """Which provider took the mail, and when it said so."""

    provider_id: int
    provider_name: str
    rule: str
    said: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Course:
    """How the mail of a drill stands; `state` is None when it was deleted."""

    state: DeliveryState | None
    rule: str
    said: str
    ended_at: datetime | None
    taken: Taken | None

    @property
    def result(self) -> DrillResult | None:
        """What that makes of the drill; None while it goes on."""
        return drill_result(self.state, was_taken=self.taken is not None)


def treat_as_down(session: Session, message_id: str, provider_id: int) -> None:
    """Marks a mail as a drill's, in the transaction that takes it in: no worker has seen it."""
    session.execute(
        update(Message).where(Message.id == message_id).values(down_provider_id=provider_id),
        execution_options=_UNSYNCHRONISED,
    )


def going(session: Session) -> Sequence[Drill]:
    """Up to 50 drills that have not ended; those that somebody else is ending are left out."""
    statement = select(Drill).where(IS_GOING).order_by(Drill.id).limit(_BATCH)
    return session.scalars(statement.with_for_update(skip_locked=True, key_share=True)).all()


def course(session: Session, delivery_id: int) -> Course:
    """How the mail stands at this moment."""
    delivery = session.execute(
        select(Delivery.state, Delivery.rule, Delivery.said, Delivery.ended_at).where(
            Delivery.id == delivery_id
        )
    ).one_or_none()
    if delivery is None:
        return Course(None, DRILL_DELETED, "", None, None)
    state, rule, said, ended_at = delivery
    return Course(state, rule or state.value, said, ended_at, _taken(session, delivery_id))


def call_off(session: Session, delivery_id: int, *, now: datetime) -> bool:
    """Takes the mail out of the queue; False when it does not wait there any more."""
    result = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, IS_DUE)
        .values(
            state=DeliveryState.CANCELLED,
            rule=DRILL_OVER,
            said="",
            ended_at=now,
            next_attempt_at=None,
        ),
        execution_options=_UNSYNCHRONISED,
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def _taken(session: Session, delivery_id: int) -> Taken | None:
    row = session.execute(
        select(
            Attempt.provider_id,
            Attempt.provider_name,
            Attempt.rule,
            Attempt.said,
            Attempt.finished_at.label("at"),
        )
        .where(Attempt.delivery_id == delivery_id, Attempt.status == AttemptStatus.SUCCESS)
        .order_by(Attempt.number)
        .limit(1)
    ).one_or_none()
    return Taken(**row._asdict()) if row else None
