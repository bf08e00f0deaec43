"""A clock that was set by years while a worker looked on: waiting mail keeps the time it has left.

Nobody can ask for a time that is more than a year ahead. So of each time that a mail has it can be
told by which clock it was given: the one before the jump, or the one after it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, literal, update

from panel.storage.database import Session
from panel.storage.models import Delivery
from panel.storage.models.delivery import IS_WAITING

LEAST = timedelta(days=3 * 366)
"""A shorter jump is not followed: times given before it and after it could be mistaken."""
_MIDWAY = LEAST / 2
_TIMES = (Delivery.expires_at, Delivery.next_attempt_at)


def follow(session: Session, jump: timedelta, *, now: datetime) -> None:
    """Moves the times that were given by the clock as it was before; `now` is after the jump."""
    if abs(jump) < LEAST:
        return
    length = literal(jump // timedelta(microseconds=1), BigInteger)
    for time in _TIMES:
        is_former = time < now - jump + _MIDWAY if jump > timedelta() else time > now + _MIDWAY
        session.execute(
            update(Delivery).where(IS_WAITING, is_former).values({time: time + length}),
            execution_options={"synchronize_session": False},
        )
