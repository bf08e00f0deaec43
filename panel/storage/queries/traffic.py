"""What a day's mail came to, from sums by the quarter of an hour: no attempt is counted again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from panel.storage.models import Provider, ProviderMinute, ProviderQuarter

QUARTER = timedelta(minutes=15)
QUARTERS = 96
"""A day, as the overview shows it."""
DAY = QUARTERS * QUARTER


@dataclass(frozen=True, slots=True)
class Carried:
    """What came of the attempts of one quarter of an hour, one for each recipient."""

    provider_id: int | None
    """None: at the servers of partners, all together."""
    quarter_at: datetime
    sent: int
    failed: int
    """Refused for whatever reason; each may have been tried again."""


def quarter_of(moment: datetime) -> datetime:
    """When the quarter of an hour began that a moment lies in."""
    return moment.replace(minute=moment.minute - moment.minute % 15, second=0, microsecond=0)


def day_begin(now: datetime) -> datetime:
    """Where the day up to now begins: its last quarter of an hour is still being filled."""
    return quarter_of(now) - (QUARTERS - 1) * QUARTER


def carried_since(session: Session, since: datetime) -> list[Carried]:
    """What was carried from a quarter of an hour on, in the order of time."""
    house_id = case((Provider.partner_id.is_(None), Provider.id)).label("house_id")
    statement = (
        select(
            house_id,
            ProviderQuarter.quarter_at,
            func.sum(ProviderQuarter.sent),
            func.sum(ProviderQuarter.refused + ProviderQuarter.failed),
        )
        .join(Provider, Provider.id == ProviderQuarter.provider_id)
        .where(ProviderQuarter.quarter_at >= since)
        .group_by(ProviderQuarter.quarter_at, house_id)
        .order_by(ProviderQuarter.quarter_at)
    )
    rows = session.execute(statement)
    return [Carried(id_, at, int(sent), int(failed)) for id_, at, sent, failed in rows]


def sent_between(session: Session, since: datetime, until: datetime) -> int:
    """How many mails providers took from a quarter of an hour on, up to the minute of `until`."""
    last = quarter_of(until)
    quarters = select(func.sum(ProviderQuarter.sent)).where(
        ProviderQuarter.quarter_at >= since, ProviderQuarter.quarter_at < last
    )
    minutes = select(func.sum(ProviderMinute.sent)).where(
        ProviderMinute.provider_id.in_(select(Provider.id)),
        ProviderMinute.minute_at >= last,
        ProviderMinute.minute_at <= until,
    )
    return int(session.scalar(quarters) or 0) + int(session.scalar(minutes) or 0)
