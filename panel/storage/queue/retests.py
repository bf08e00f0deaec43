"""Which providers are to be tested again without mail, who does it, and what came of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select, update

from panel.storage.database import Session
from panel.storage.models import Provider, ProviderHealth, ProviderMinute
from panel.storage.queue.health import begin_row

PERIOD = timedelta(hours=24)
"""Who has carried mail, or was tested, within it needs no test."""
_UNSYNCHRONISED = {"synchronize_session": False}


def due(session: Session, *, now: datetime) -> list[Provider]:
    """Active providers that have neither carried mail nor been tested lately."""
    carried = exists().where(
        ProviderMinute.provider_id == Provider.id,
        ProviderMinute.minute_at > now - PERIOD,
        ProviderMinute.sent > 0,
    )
    statement = (
        select(Provider)
        .outerjoin(ProviderHealth, ProviderHealth.provider_id == Provider.id)
        .where(
            Provider.is_active,
            Provider.deleted_at.is_(None),
            or_(Provider.verified_at.is_(None), Provider.verified_at <= now - PERIOD),
            or_(ProviderHealth.retest_at.is_(None), ProviderHealth.retest_at <= now),
            ~carried,
        )
        .order_by(Provider.id)
    )
    return list(session.scalars(statement))


def claim(session: Session, provider_id: int, *, now: datetime, next_at: datetime) -> bool:
    """Whether the caller is to make the test; the one after it is due at `next_at`.

    Of all workers that find a provider due one moves its time on and gets True.
    """
    begin_row(session, provider_id)
    result = session.execute(
        update(ProviderHealth)
        .where(
            ProviderHealth.provider_id == provider_id,
            or_(ProviderHealth.retest_at.is_(None), ProviderHealth.retest_at <= now),
        )
        .values(retest_at=next_at),
        execution_options=_UNSYNCHRONISED,
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def note(
    session: Session,
    provider_id: int,
    *,
    rule: str,
    said: str,
    at: datetime,
    next_at: datetime | None = None,
) -> None:
    """Keeps what came of the test at `at`; no `rule`: it passed.

    `next_at` brings the next one nearer.
    """
    values = {"retested_at": at, "retest_rule": rule, "retest_said": said[:2000]}
    if next_at is not None:
        values["retest_at"] = next_at
    session.execute(
        update(ProviderHealth).where(ProviderHealth.provider_id == provider_id).values(values),
        execution_options=_UNSYNCHRONISED,
    )
