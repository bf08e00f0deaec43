"""What providers carried lately, from sums by the minute: the log of attempts is not read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, exists, func, select, type_coerce
from sqlalchemy.orm import Session

from panel.storage.models import Provider, ProviderMinute
from panel.storage.types import to_microseconds

MINUTES_KEPT = timedelta(days=3)
BUCKET = timedelta(minutes=5)
BUCKETS = 12
"""An hour, as the list of providers shows it."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What came of the attempts of five minutes."""

    sent: int = 0
    refused: int = 0
    """For what is no trouble of the provider's."""
    failed: int = 0
    sending_ms: int = 0

    @property
    def attempts(self) -> int:
        """All together."""
        return self.sent + self.refused + self.failed


def last_hour(
    session: Session, provider_ids: Collection[int], *, now: datetime
) -> dict[int, tuple[Bucket, ...]]:
    """Twelve buckets for each provider, the oldest first; the last one is still being filled."""
    begins = _begin(now)
    length = int(BUCKET / timedelta(microseconds=1))
    micros = type_coerce(ProviderMinute.minute_at, BigInteger)
    place = ((micros - to_microseconds(begins)) // length).label("place")
    statement = (
        select(
            ProviderMinute.provider_id,
            place,
            func.sum(ProviderMinute.sent),
            func.sum(ProviderMinute.refused),
            func.sum(ProviderMinute.failed),
            func.sum(ProviderMinute.sending_ms),
        )
        .where(
            ProviderMinute.provider_id.in_(provider_ids),
            ProviderMinute.minute_at >= begins,
            ProviderMinute.minute_at < begins + BUCKETS * BUCKET,
        )
        .group_by(ProviderMinute.provider_id, place)
    )
    found = {provider_id: [Bucket()] * BUCKETS for provider_id in provider_ids}
    for provider_id, at, *sums in session.execute(statement):
        found[provider_id][at] = Bucket(*map(int, sums))
    return {provider_id: tuple(buckets) for provider_id, buckets in found.items()}


def sent_since(session: Session, provider_ids: Collection[int], since: datetime) -> dict[int, int]:
    """How many mails providers have taken since the minute of `since`; only those with any."""
    statement = (
        select(ProviderMinute.provider_id, func.sum(ProviderMinute.sent))
        .where(
            ProviderMinute.provider_id.in_(provider_ids),
            ProviderMinute.minute_at >= since.replace(second=0, microsecond=0),
        )
        .group_by(ProviderMinute.provider_id)
    )
    return {provider_id: int(sent) for provider_id, sent in session.execute(statement) if sent}


def carried_since(
    session: Session, provider_ids: Collection[int], since: datetime
) -> frozenset[int]:
    """Which of the providers have taken mail since then, by the first minute that shows it."""
    carried = exists().where(
        ProviderMinute.provider_id == Provider.id,
        ProviderMinute.minute_at >= since,
        ProviderMinute.sent > 0,
    )
    statement = select(Provider.id).where(Provider.id.in_(provider_ids), carried)
    return frozenset(session.scalars(statement))


def _begin(now: datetime) -> datetime:
    """The first bucket's beginning; buckets begin at multiples of their length in the hour."""
    current = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0)
    return current - (BUCKETS - 1) * BUCKET
