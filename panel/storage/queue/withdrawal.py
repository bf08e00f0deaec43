"""Taking back what was noted of a hand-over that did not take place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, update
from sqlalchemy.orm import aliased

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery

_UNSYNCHRONISED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The attempt `number` of a delivery was prepared, and then not made."""

    delivery_id: int
    token: str
    number: int


def withdraw(session: Session, marks: Sequence[Withdrawn]) -> None:
    """Removes the attempts' rows; the deliveries are merely claimed again.

    As everywhere, only while the worker holds them.
    """
    for mark in sorted(marks, key=lambda item: item.delivery_id):
        session.execute(
            delete(Attempt).where(
                Attempt.delivery_id == mark.delivery_id,
                Attempt.number == mark.number,
                Attempt.status == AttemptStatus.IN_PROGRESS,
                exists().where(*_held(mark)),
            ),
            execution_options=_UNSYNCHRONISED,
        )
    stand_back(session, marks)


def stand_back(session: Session, marks: Sequence[Withdrawn]) -> None:
    """Nothing of the deliveries can be out through these attempts, nor is it any more on the way.

    A crash from here on puts them back into the queue. A later attempt's mark is left alone.
    """
    later = aliased(Attempt)
    for mark in sorted(marks, key=lambda item: item.delivery_id):
        session.execute(
            update(Delivery)
            .where(
                *_held(mark),
                ~exists().where(later.delivery_id == mark.delivery_id, later.number > mark.number),
            )
            .values(phase=Phase.CLAIMED),
            execution_options=_UNSYNCHRONISED,
        )


def _held(mark: Withdrawn) -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.id == mark.delivery_id,
        Delivery.claim_token == mark.token,
        Delivery.state == DeliveryState.SENDING,
    )
