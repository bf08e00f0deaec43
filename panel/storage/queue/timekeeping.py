"""How much time has been lived through: that a worker's running clock saw pass.

A clock can be set years ahead, or be so when a worker starts; a machine can have been off. Nobody
can tell these apart, but in each of them time has passed by the clock that no worker has seen. Such
a gap ends no mail and removes no row: what was there before it gets that time added.

A jump of years that a worker has seen happen can only be a clock that was set, and so can time that
goes back, and one that begins at a time at which there was no Postroom yet: the mail that waits
keeps the time it has left, by `clock_jumps`. So does mail that came in by a clock years behind,
which is known by what was there before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select

from panel.storage.database import Session
from panel.storage.models import Delivery, RunningClock
from panel.storage.models.delivery import IS_WAITING
from panel.storage.queries.retention import longest_days
from panel.storage.queue.clock_jumps import LEAST, note
from panel.storage.queue.mistimed import newest_behind
from panel.storage.queue.statement import Statement
from panel.storage.types import to_microseconds

log = structlog.get_logger(__name__)
TOLERANCE = timedelta(minutes=10)
"""A shorter gap counts as lived through: a restart, a clock that is slightly wrong."""
EARLIEST = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock that was right has ever been seen to say an earlier time: there was no Postroom."""
STORED_EVERY = timedelta(minutes=1)
REMEMBERED = timedelta(days=30)
"""A gap is remembered for so long, lived through, and longer where mail of before it waits."""
_MICROSECOND = timedelta(microseconds=1)
_ONLY = 1
_MAKE = Statement(
    """
    INSERT INTO running_clock (
        id, seen_at, lived_us, gap_us, gap_until_id, gap_lived_us, extra_us, extra_lived_us,
        newest_id
    ) VALUES (:id, :seen_at, 0, 0, 0, 0, 0, 0, 0) ON CONFLICT (id) DO NOTHING
    """
)


@dataclass(frozen=True, slots=True)
class Gap:
    """Time by the clock that nobody has lived through."""

    length: timedelta = timedelta()
    until_id: int = 0
    """The last delivery that was there before it."""

    def is_over(self, now: datetime) -> ColumnElement[bool]:
        """Whether the time of a delivery has passed, the gap not counted."""
        is_late = Delivery.expires_at <= now
        if not self.length:
            return is_late
        is_later = Delivery.id > self.until_id
        return and_(is_late, or_(is_later, Delivery.expires_at <= now - self.length))


class Witness:
    """What one process has seen pass; new ones have seen nothing."""

    def __init__(self) -> None:
        self._lived_us = 0
        self._at_s: float | None = None

    @property
    def is_new(self) -> bool:
        """Whether it has not looked yet."""
        return self._at_s is None

    def lived_us(self, known_us: int, *, at_s: float) -> int:
        """All time lived through, when others know of `known_us`; `at_s` by a running clock."""
        own_us = known_us
        if self._at_s is not None:
            own_us = self._lived_us + round((at_s - self._at_s) * 1_000_000)
        self._lived_us, self._at_s = max(known_us, own_us), at_s
        return self._lived_us


def keep(session: Session, witness: Witness, *, now: datetime, at_s: float) -> Gap:
    """Notes that it is `now`, `at_s` by the running clock of `witness`; the caller commits.

    The gap is to be used with the same `now`, in the same transaction.
    """
    row = _row(session, now)
    is_known_set = not witness.is_new or row.seen_at < EARLIEST
    lived_us = witness.lived_us(row.lived_us, at_s=at_s)
    unlived = (now - row.seen_at) - (lived_us - row.lived_us) * _MICROSECOND
    _welcome(session, row, now)
    if abs(unlived) >= TOLERANCE:
        _keep_longer(row, unlived, lived_us)
    if unlived >= LEAST and is_known_set:
        _follow(session, unlived, now)
    elif abs(unlived) >= TOLERANCE:
        _jump(session, row, unlived, lived_us)
        if unlived <= -LEAST:
            _follow(session, unlived, now)
    elif now - row.seen_at < STORED_EVERY:
        return _gap(row)
    else:
        _forget(session, row, lived_us)
    row.seen_at, row.lived_us, row.newest_id = now, lived_us, _newest_id(session)
    session.flush()
    return _gap(row)


def gap(session: Session) -> Gap:
    """The gap as it was last noted."""
    row = session.get(RunningClock, _ONLY)
    return Gap() if row is None else _gap(row)


def age_counts_until(session: Session, *, now: datetime) -> datetime:
    """The time by which the age of rows is told before they are removed: never after `now`.

    What no worker has seen pass is taken off, and what a clock was set ahead by.
    """
    row = session.get(RunningClock, _ONLY)
    return now if row is None else now - row.extra_us * _MICROSECOND


def _welcome(session: Session, row: RunningClock, now: datetime) -> None:
    """Mail that came in by a clock years behind counts as if the last of it came in just now."""
    at = newest_behind(session, after_id=row.newest_id, came_after=min(row.seen_at, now))
    if at is not None:
        _follow(session, now - at, now, after_id=row.newest_id)
        row.newest_id = _newest_id(session)


def _follow(session: Session, jump: timedelta, now: datetime, *, after_id: int = 0) -> None:
    log.warning("clock_followed", jump_s=round(jump.total_seconds()))
    note(session, jump, now=now, after_id=after_id)


def _keep_longer(row: RunningClock, unlived: timedelta, lived_us: int) -> None:
    """All rows alike: of none can be told by which clock it was stamped."""
    before_us = row.extra_us
    extra_us = before_us + unlived // _MICROSECOND
    row.extra_us = extra_us if extra_us * _MICROSECOND >= TOLERANCE else 0
    if row.extra_us > before_us:
        row.extra_lived_us = lived_us


def _jump(session: Session, row: RunningClock, unlived: timedelta, lived_us: int) -> None:
    """Forward it makes or widens a gap; a clock that is set back takes it away again."""
    before_us = row.gap_us
    gap_us = before_us + unlived // _MICROSECOND
    row.gap_us = gap_us if gap_us * _MICROSECOND >= TOLERANCE else 0
    if row.gap_us > before_us:
        row.gap_until_id = _newest_id(session)
        row.gap_lived_us = lived_us
    log.warning("time_not_lived", jump_s=round(unlived.total_seconds()))


def _forget(session: Session, row: RunningClock, lived_us: int) -> None:
    """Lets go of what concerns nothing any more."""
    if row.gap_us and _is_forgotten(session, row, lived_us):
        row.gap_us = 0
    if not row.extra_us:
        return
    concerned = max(REMEMBERED, timedelta(days=longest_days(session)))
    if lived_us - row.extra_lived_us >= concerned // _MICROSECOND:
        row.extra_us = 0


def _is_forgotten(session: Session, row: RunningClock, lived_us: int) -> bool:
    """Whether nothing is left that was there before the gap."""
    if lived_us - row.gap_lived_us < REMEMBERED // _MICROSECOND:
        return False
    waiting = select(Delivery.id).where(IS_WAITING, Delivery.id <= row.gap_until_id)
    return session.scalar(waiting.limit(1)) is None


def _gap(row: RunningClock) -> Gap:
    return Gap(row.gap_us * _MICROSECOND, row.gap_until_id)


def _row(session: Session, now: datetime) -> RunningClock:
    """The only row, locked; made at the first time."""
    statement = select(RunningClock).where(RunningClock.id == _ONLY)
    locked = statement.with_for_update().execution_options(populate_existing=True)
    row = session.scalar(locked)
    if row is None:
        _make(session, seen_at=_last_seen(session) or now)
        row = session.scalars(locked).one()
    return row


def _make(session: Session, *, seen_at: datetime) -> None:
    """Of two that do it at once one waits and changes nothing."""
    _MAKE.run(session, id=_ONLY, seen_at=to_microseconds(seen_at))


def _last_seen(session: Session) -> datetime | None:
    """Before anything was noted: the time of the newest mail."""
    newest = select(Delivery.created_at).order_by(Delivery.id.desc()).limit(1)
    return session.scalar(newest)


def _newest_id(session: Session) -> int:
    return session.scalar(select(func.max(Delivery.id))) or 0
