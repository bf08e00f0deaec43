"""What all workers remember of a provider together: its breaker, its probe, senders it refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from panel.domain.breaker import CLOSED, Breaker, BreakerState, after
from panel.domain.delivery import DeliveryState
from panel.domain.outcome import Outcome
from panel.storage.database import Session
from panel.storage.models import Delivery, ProviderHealth, RefusedSender
from panel.storage.models.delivery import IS_DUE

MOST_RELEASED = 1000
"""Held deliveries made due at once; the others look again within a minute by themselves."""
SIZE_MEMORY = timedelta(hours=1)
"""How long an announced size limit is believed without a new look."""
_UNSYNCHRONISED = {"synchronize_session": False}


def to_breaker(row: ProviderHealth) -> Breaker:
    """The breaker that a row remembers."""
    return Breaker(
        state=row.state,
        failures=row.failures,
        failed_at=row.failed_at,
        opened_at=row.opened_at,
        retry_at=row.retry_at,
        rule=row.rule,
        said=row.said,
    )


def breaker_of(session: Session, provider_id: int) -> Breaker:
    """The breaker as all workers know it."""
    row = session.get(ProviderHealth, provider_id)
    return to_breaker(row) if row is not None else CLOSED


def learn(
    session: Session, provider_id: int, outcome: Outcome, *, began_at: datetime, now: datetime
) -> Breaker:
    """Adds what an outcome says of the provider to what is known, and ends a probe.

    Counts on from what the workers before have stored, not from what this one last read.
    """
    _begin_row(session, provider_id)
    row = session.scalars(
        select(ProviderHealth)
        .where(ProviderHealth.provider_id == provider_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    breaker = after(to_breaker(row), outcome, began_at=began_at, now=now)
    row.state, row.failures, row.failed_at = breaker.state, breaker.failures, breaker.failed_at
    row.opened_at, row.retry_at, row.probe_until = breaker.opened_at, breaker.retry_at, None
    row.rule, row.said = breaker.rule, breaker.said[:2000]
    session.flush()
    return breaker


def take_probe(session: Session, provider_id: int, *, now: datetime, until: datetime) -> bool:
    """Whether this caller may send the one probe mail of an open breaker that is due."""
    result = session.execute(
        update(ProviderHealth)
        .where(
            ProviderHealth.provider_id == provider_id,
            ProviderHealth.state == BreakerState.OPEN,
            ProviderHealth.retry_at <= now,
            (ProviderHealth.probe_until.is_(None)) | (ProviderHealth.probe_until <= now),
        )
        .values(probe_until=until),
        execution_options=_UNSYNCHRONISED,
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def end_probe(session: Session, provider_id: int) -> None:
    """The probe mail told nothing of the provider: another one may try."""
    session.execute(
        update(ProviderHealth)
        .where(ProviderHealth.provider_id == provider_id)
        .values(probe_until=None),
        execution_options=_UNSYNCHRONISED,
    )


def learn_size(
    session: Session, provider_id: int, largest_size: int | None, *, at: datetime
) -> None:
    """Remembers the SIZE in bytes that the provider announced at `at`; None: it named no limit."""
    _begin_row(session, provider_id)
    session.execute(
        update(ProviderHealth)
        .where(ProviderHealth.provider_id == provider_id)
        .values(largest_size=largest_size, size_seen_at=at),
        execution_options=_UNSYNCHRONISED,
    )


def known_size(row: ProviderHealth, *, now: datetime) -> int | None:
    """The largest mail in bytes that the provider takes, as far as that is still to be trusted.

    A limit may be raised, and a mail must not fail for one that is gone: after `SIZE_MEMORY` the
    provider is asked again.
    """
    if row.size_seen_at is None or row.size_seen_at + SIZE_MEMORY <= now:
        return None
    return row.largest_size


def refuse_sender(
    session: Session, provider_id: int, sender: str, *, said: str, until: datetime
) -> None:
    """Remembers that the provider does not send for this address."""
    values = {"said": said[:2000], "until": until}
    statement = _insert(session)(RefusedSender).values(
        provider_id=provider_id, sender=sender, **values
    )
    session.execute(
        statement.on_conflict_do_update(index_elements=["provider_id", "sender"], set_=values)
    )


def forget_faults(session: Session, provider_id: int) -> None:
    """Closes the breaker and forgets refused senders: the provider was edited or tested."""
    session.execute(delete(ProviderHealth).where(ProviderHealth.provider_id == provider_id))
    session.execute(delete(RefusedSender).where(RefusedSender.provider_id == provider_id))


def release_held(session: Session, *, rule: str, now: datetime) -> int:
    """Makes due what is held for `rule`, at most `MOST_RELEASED`; the number of deliveries."""
    held = (
        select(Delivery.id)
        .where(IS_DUE, Delivery.state == DeliveryState.HELD, Delivery.rule == rule)
        .order_by(Delivery.id)
        .limit(MOST_RELEASED)
        .with_for_update(skip_locked=True, key_share=True)
    )
    ids = list(session.scalars(held))
    session.execute(
        update(Delivery).where(Delivery.id.in_(ids)).values(next_attempt_at=now),
        execution_options=_UNSYNCHRONISED,
    )
    return len(ids)


def _begin_row(session: Session, provider_id: int) -> None:
    """Two workers may meet a provider's first fault at once: one of them begins the row."""
    statement = _insert(session)(ProviderHealth).values(
        provider_id=provider_id, state=BreakerState.CLOSED, failures=0, rule="", said=""
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=["provider_id"]))


def _insert(session: Session) -> Any:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
