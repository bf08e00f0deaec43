"""A clock that was set by years while a worker looked on: waiting mail keeps the time it has left.

Nobody can ask for a time that is more than a year ahead. So of each time that a mail has it can be
told by which clock it was given: the one before the jump, or the one after it.

A jump is noted at once, and mail follows it in portions, in the order of ids and jump by jump. By
the new clock a time that has not followed yet is long over or far ahead: meanwhile nobody claims
such mail, and nothing may end or be decided for its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from panel.storage.database import Session
from panel.storage.models import ClockJump, Delivery
from panel.storage.models.delivery import IS_WAITING

LEAST = timedelta(days=3 * 366)
"""A shorter jump is not followed: times given before it and after it could be mistaken."""
LONGEST_AHEAD = timedelta(days=366)
"""No time that a mail has is further ahead of the moment at which it was given."""
_MIDWAY = LEAST / 2
_MICROSECOND = timedelta(microseconds=1)


def note(session: Session, jump: timedelta, *, now: datetime, after_id: int = 0) -> None:
    """Lets the mail that waits, behind a delivery, follow a jump; `now` is after the jump.

    A short one is not followed. The caller commits.
    """
    if abs(jump) < LEAST:
        return
    border_at = now - jump + _MIDWAY if jump > timedelta() else now + _MIDWAY
    last_id = session.scalar(select(func.max(Delivery.id))) or 0
    jump_us = jump // _MICROSECOND
    session.add(ClockJump(jump_us=jump_us, border_at=border_at, done_id=after_id, last_id=last_id))
    session.flush()


def is_under_way(session: Session) -> bool:
    """Whether there is mail that has not followed a jump yet."""
    return session.scalar(select(ClockJump.id).limit(1)) is not None


def move(session: Session, *, most: int) -> int:
    """Lets the next `most` deliveries follow; how far that got, 0: nothing to do, or not now.

    A delivery that somebody else is just changing is waited for by a later call, not by this one.
    The caller commits: how far it got is kept with the deliveries.
    """
    first = select(ClockJump).order_by(ClockJump.id).limit(1).with_for_update()
    jump = session.scalar(first.execution_options(populate_existing=True))
    if jump is None:
        return 0
    waiting = select(Delivery.id).where(IS_WAITING, Delivery.id > jump.done_id)
    portion = waiting.where(Delivery.id <= jump.last_id).order_by(Delivery.id).limit(most)
    ids = session.scalars(portion).all()
    free = set(session.scalars(portion.with_for_update(skip_locked=True, key_share=True)))
    _shift(session, jump, [id_ for id_ in ids if id_ in free])
    taken = [id_ for id_ in ids if id_ not in free]
    before_id = jump.done_id
    if ids:
        jump.done_id = taken[0] - 1 if taken else ids[-1]
    if len(ids) < most and not taken:
        session.delete(jump)
    session.flush()
    return len(ids) if jump.done_id > before_id else int(not ids)


def _shift(session: Session, jump: ClockJump, ids: Sequence[int]) -> None:
    length = literal(jump.jump_us, BigInteger)
    times = (Delivery.created_at, Delivery.expires_at, Delivery.next_attempt_at)
    is_former = [_is_former(jump, time) for time in times]
    followed = {
        time: case((former, time + length), else_=time)
        for time, former in zip(times, is_former, strict=True)
    }
    session.execute(
        update(Delivery).where(Delivery.id.in_(ids), or_(*is_former)).values(followed),
        execution_options={"synchronize_session": False},
    )


def _is_former(jump: ClockJump, time: InstrumentedAttribute[Any]) -> ColumnElement[bool]:
    """Whether a time was given by the clock as it was before."""
    return time < jump.border_at if jump.jump_us > 0 else time > jump.border_at
