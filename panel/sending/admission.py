"""Whether a provider may be tried at this moment: the one probe mail, the sending allowance.

Both are shared by all workers, so they are taken in the database before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.domain.breaker import Breaker, BreakerState
from panel.domain.chain import Skip
from panel.domain.provider import Limits
from panel.sending.desk import Desk
from panel.storage.database import Session
from panel.storage.queue import health
from panel.storage.queue.budgets import give_back, take_budget
from panel.storage.queue.claims import ClaimedMessage

PROBE = timedelta(minutes=20)
"""How long a probe mail keeps others from trying a provider whose breaker is open.

Longer than any mail takes: a server may think for ten minutes after the final dot. The end of its
worker ends a probe as well.
"""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether a provider may be tried once; `skip` says why not."""

    skip: Skip | None = None
    is_probe: bool = False
    """This mail tries whether the provider is back; `end_probe` is to be called after it."""
    taken_at: datetime | None = None
    """When an allowance was taken for it; None: there is no limit."""


@dataclass(frozen=True, slots=True)
class _Permit:
    breaker: Breaker
    is_probe: bool = False
    free_at: datetime | None = None
    """The allowance is used up until then."""


async def admit(
    desk: Desk, message: ClaimedMessage, *, provider_id: int, recipients: int
) -> Admission:
    """Whether the provider may be tried now for so many recipients."""
    now = desk.now()
    skip = desk.roster.skip_of(provider_id, message, now=now)
    limits = desk.roster.limits(provider_id)
    is_closed = desk.roster.breaker(provider_id).state is BreakerState.CLOSED
    if skip is not None or (is_closed and limits == Limits()):
        return Admission(skip)
    permit = await desk.ledger.run(
        lambda session: _ask(
            session, provider_id, limits, desk.worker_id, recipients=recipients, now=now
        ),
        provider_id=provider_id,
    )
    desk.roster.set_breaker(provider_id, permit.breaker)
    if permit.free_at is not None:
        desk.roster.set_full_until(provider_id, permit.free_at)
        return Admission(Skip.BUDGET)
    if permit.breaker.state is BreakerState.CLOSED or permit.is_probe:
        taken_at = None if limits == Limits() else now
        return Admission(is_probe=permit.is_probe, taken_at=taken_at)
    is_disabled = permit.breaker.state is BreakerState.DISABLED
    return Admission(Skip.DISABLED if is_disabled else Skip.BREAKER_OPEN)


def end_probe(desk: Desk, provider_id: int) -> None:
    """The probe mail is through; where it told nothing of the provider the next one may try."""
    desk.ledger.post(
        lambda session: health.end_probe(session, provider_id, worker_id=desk.worker_id),
        provider_id=provider_id,
    )


def return_allowance(desk: Desk, provider_id: int, recipients: int, *, taken_at: datetime) -> None:
    """So many recipients were not even shown to the provider."""
    desk.ledger.post(
        lambda session: give_back(session, provider_id, recipients, at=taken_at),
        provider_id=provider_id,
    )


def _ask(
    session: Session,
    provider_id: int,
    limits: Limits,
    worker_id: str,
    *,
    recipients: int,
    now: datetime,
) -> _Permit:
    breaker = health.breaker_of(session, provider_id)
    is_probe = False
    if breaker.state is not BreakerState.CLOSED:
        until = now + PROBE
        is_probe = health.take_probe(
            session, provider_id, now=now, until=until, worker_id=worker_id
        )
        if not is_probe:
            return _Permit(breaker)
    free_at = take_budget(session, provider_id, limits, recipients, now=now)
    if free_at is not None and is_probe:
        health.end_probe(session, provider_id, worker_id=worker_id)
    return _Permit(breaker, is_probe, free_at)
