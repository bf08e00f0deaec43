"""What all workers remember of a provider together: its breaker, its probe, senders it refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from panel.domain.breaker import CLOSED, Breaker, BreakerState, after
from panel.domain.outcome import Outcome
from panel.storage.database import Session
from panel.storage.models import ProviderHealth, RefusedSender, Worker

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
        recovered_at=row.recovered_at,
        probe_until=row.probe_until,
    )


def breaker_of(session: Session, provider_id: int) -> Breaker:
    """The breaker as all workers know it."""
    row = session.get(ProviderHealth, provider_id, populate_existing=True)
    return to_breaker(row) if row is not None else CLOSED


def learn(
    session: Session, provider_id: int, outcome: Outcome, *, began_at: datetime, now: datetime
) -> Breaker:
    """Adds what an outcome says of the provider to what is known; news ends a probe.

    Counts on from what the workers before have stored, not from what this one last read.
    """
    begin_row(session, provider_id)
    row = session.scalars(
        select(ProviderHealth)
        .where(ProviderHealth.provider_id == provider_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    before = to_breaker(row)
    breaker = after(before, outcome, began_at=began_at, now=now)
    if breaker is not before:
        _enter(row, breaker)
        session.flush()
    return breaker


def _enter(row: ProviderHealth, breaker: Breaker) -> None:
    row.state, row.failures, row.failed_at = breaker.state, breaker.failures, breaker.failed_at
    row.opened_at, row.retry_at = breaker.opened_at, breaker.retry_at
    row.recovered_at = breaker.recovered_at
    row.probe_until, row.probe_worker_id = None, None
    row.rule, row.said = breaker.rule, breaker.said[:2000]


def take_probe(
    session: Session,
    provider_id: int,
    *,
    now: datetime,
    until: datetime,
    worker_id: str | None = None,
) -> bool:
    """Whether this caller may send the one probe mail of an open breaker that is due.

    It is the caller's until `until` at the longest, or as long as the worker lives.
    """
    result = session.execute(
        update(ProviderHealth)
        .where(
            ProviderHealth.provider_id == provider_id,
            ProviderHealth.state == BreakerState.OPEN,
            ProviderHealth.retry_at <= now,
            _has_no_probe(now),
        )
        .values(probe_until=until, probe_worker_id=worker_id),
        execution_options=_UNSYNCHRONISED,
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def end_probe(session: Session, provider_id: int, *, worker_id: str | None = None) -> None:
    """The probe mail told nothing of the provider: another one may try.

    With a worker only its own probe is ended.
    """
    statement = update(ProviderHealth).where(ProviderHealth.provider_id == provider_id)
    if worker_id is not None:
        statement = statement.where(ProviderHealth.probe_worker_id == worker_id)
    session.execute(
        statement.values(probe_until=None, probe_worker_id=None),
        execution_options=_UNSYNCHRONISED,
    )


def _has_no_probe(now: datetime) -> ColumnElement[bool]:
    """None is on its way, it took too long, or the worker that sent it is gone."""
    lives = select(Worker.id).where(Worker.id == ProviderHealth.probe_worker_id, ~Worker.is_dead)
    return or_(
        ProviderHealth.probe_until.is_(None),
        ProviderHealth.probe_until <= now,
        ProviderHealth.probe_worker_id.is_not(None) & ~lives.exists(),
    )


def learn_size(
    session: Session, provider_id: int, largest_size: int | None, *, at: datetime
) -> None:
    """Remembers the SIZE in bytes that the provider announced at `at`; None: it named no limit."""
    begin_row(session, provider_id)
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


def learn_certificate(session: Session, provider_id: int, *, of: str, ends_at: datetime) -> None:
    """Remembers until when the certificate holds that `of`, a `host:port`, has shown."""
    begin_row(session, provider_id)
    session.execute(
        update(ProviderHealth)
        .where(ProviderHealth.provider_id == provider_id)
        .values(certificate_of=of, certificate_ends_at=ends_at),
        execution_options=_UNSYNCHRONISED,
    )


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


def forget_faults(session: Session, provider_id: int, *, now: datetime) -> None:
    """Closes the breaker and forgets refused senders: the provider was edited or tested at `now`.

    The row stays, so that tries which began before, perhaps with the former password, are known
    to be old.
    """
    begin_row(session, provider_id)
    row = session.get_one(ProviderHealth, provider_id, populate_existing=True, with_for_update=True)
    _enter(row, Breaker(recovered_at=now))
    row.largest_size, row.size_seen_at = None, None
    row.retest_at, row.retested_at, row.retest_rule, row.retest_said = None, None, "", ""
    session.flush()
    session.execute(delete(RefusedSender).where(RefusedSender.provider_id == provider_id))


def begin_row(session: Session, provider_id: int) -> None:
    """Two workers may meet a provider's first fault at once: one of them begins the row."""
    statement = _insert(session)(ProviderHealth).values(
        provider_id=provider_id, state=BreakerState.CLOSED, failures=0, rule="", said=""
    )
    session.execute(statement.on_conflict_do_nothing(index_elements=["provider_id"]))


def _insert(session: Session) -> Any:
    return sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
