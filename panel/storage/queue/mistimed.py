"""Rows that a clock wrote which was wrong: of another host, or before it was set.

One that was ahead would keep fresh mail waiting for its time, and a provider's faults would be no
news until then; times that a mail was given by its sender are not touched. Mail of one that was
years behind would be too late at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from panel.storage.database import Session
from panel.storage.models import Delivery, ProviderHealth, RefusedSender
from panel.storage.models.delivery import IS_DUE, IS_WAITING
from panel.storage.queue.clock_jumps import LEAST, LONGEST_AHEAD

TOLERANCE = timedelta(seconds=5)
"""Clocks that differ by less do no harm."""
LONGEST_PROBE = timedelta(minutes=5)
LONGEST_REFUSAL = timedelta(hours=1)
LONGEST_RETEST = timedelta(hours=26)
_PAST = ("failed_at", "opened_at", "recovered_at", "size_seen_at", "retested_at")
"""Times in a provider's health at which something has happened."""
_LOOKED_AT = 500
"""Only the newest that wait are looked at: what is older was due before, or was sent."""
_UNSYNCHRONISED = {"synchronize_session": False}


def make_due(session: Session, *, now: datetime) -> int:
    """Makes fresh mail due that was accepted in the future; the number of deliveries."""
    newest = select(Delivery.id).where(IS_WAITING).order_by(Delivery.id.desc()).limit(_LOOKED_AT)
    mistimed = select(Delivery.id).where(
        Delivery.id.in_(newest.scalar_subquery()),
        IS_DUE,
        Delivery.attempts == 0,
        Delivery.created_at > now + TOLERANCE,
        Delivery.next_attempt_at > now,
        Delivery.next_attempt_at <= Delivery.created_at,
    )
    ids = list(session.scalars(mistimed.with_for_update(skip_locked=True, key_share=True)))
    session.execute(
        update(Delivery).where(Delivery.id.in_(ids)).values(next_attempt_at=now),
        execution_options=_UNSYNCHRONISED,
    )
    return len(ids)


def newest_behind(session: Session, *, after_id: int, came_after: datetime) -> datetime | None:
    """The last time by a clock that was years behind, at which mail came in that still waits.

    Looked at is the mail behind a delivery, of which is known that it came in after that moment.
    """
    before = came_after - LEAST
    is_late = Delivery.expires_at < before + LONGEST_AHEAD  # read by its index: hardly ever any
    behind = (IS_DUE, is_late, Delivery.created_at < before, Delivery.id + 0 > after_id)
    return session.scalar(select(func.max(Delivery.created_at)).where(*behind))


def correct_health(session: Session, *, now: datetime) -> int:
    """Lets what is known of providers end at `now`; the number of rows that were wrong.

    A cool-down keeps its length; probes, refused senders and pauses between tests get their
    longest time.
    """
    until = now + LONGEST_REFUSAL
    refused = session.execute(
        update(RefusedSender).where(RefusedSender.until > until + TOLERANCE).values(until=until),
        execution_options=_UNSYNCHRONISED,
    )
    latest = now + TOLERANCE
    health = ProviderHealth
    is_wrong = or_(
        *(getattr(health, name) > latest for name in _PAST),
        health.probe_until > now + LONGEST_PROBE,
        health.retest_at > latest + LONGEST_RETEST,
    )
    rows = session.scalars(
        select(health).where(is_wrong).order_by(health.provider_id).with_for_update()
    ).all()
    for row in rows:
        _correct(row, now)
    session.flush()
    return len(rows) + int(refused.rowcount)  # type: ignore[attr-defined]


def _correct(row: ProviderHealth, now: datetime) -> None:
    if row.retry_at is not None and row.failed_at is not None and row.failed_at > now:
        row.retry_at = now + (row.retry_at - row.failed_at)
    for name in _PAST:
        setattr(row, name, _at_most(getattr(row, name), now))
    row.retest_at = _at_most(row.retest_at, now + LONGEST_RETEST)
    row.probe_until = _at_most(row.probe_until, now + LONGEST_PROBE)


def _at_most(at: datetime | None, latest: datetime) -> datetime | None:
    return None if at is None else min(at, latest)
