"""The providers as the sender sees them at one moment: settings, secrets, health, usage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update

from panel.domain.breaker import CLOSED, Breaker, BreakerState
from panel.domain.budget import Usage
from panel.domain.delivery import DeliveryState
from panel.domain.provider import Limits
from panel.storage.database import Session
from panel.storage.models import (
    Delivery,
    Partner,
    Provider,
    ProviderHealth,
    RefusedSender,
)
from panel.storage.models.delivery import IS_DUE
from panel.storage.queue.budgets import used_budgets
from panel.storage.secrets import read_secret
from panel.storage.vault import SecretUnreadable, Vault


@dataclass(frozen=True, slots=True)
class Member:
    """One provider with what is known of it; `secret` is None when it cannot be decrypted."""

    provider: Provider
    secret: str | None = field(repr=False)
    breaker: Breaker
    refused_senders: dict[str, str]
    """Sender address and the words of the refusal."""
    usages: tuple[Usage, ...]
    limits: Limits


def members(session: Session, vault: Vault, *, now: datetime) -> tuple[Member, ...]:
    """All providers that are not deleted, in the order of their lists."""
    providers = session.scalars(
        select(Provider)
        .where(Provider.deleted_at.is_(None))
        .order_by(Provider.partner_id, Provider.position, Provider.id)
    ).all()
    breakers = {row.provider_id: to_breaker(row) for row in session.scalars(select(ProviderHealth))}
    refused = _refused(session, now)
    usages = used_budgets(session)
    return tuple(
        Member(
            provider,
            _secret(provider, vault),
            breakers.get(provider.id, CLOSED),
            refused.get(provider.id, {}),
            tuple(usages.get(provider.id, ())),
            provider.limits,
        )
        for provider in providers
    )


def partners_without_house(session: Session) -> frozenset[int]:
    """Partners whose mail the house's providers must not take."""
    return frozenset(session.scalars(select(Partner.id).where(~Partner.may_use_house)))


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


def save_breaker(session: Session, provider_id: int, breaker: Breaker) -> None:
    """Remembers the breaker for all processes and ends a probe that was on its way."""
    row = session.get(ProviderHealth, provider_id)
    if row is None:
        row = ProviderHealth(provider_id=provider_id)
        session.add(row)
    row.state, row.failures, row.failed_at = breaker.state, breaker.failures, breaker.failed_at
    row.opened_at, row.retry_at, row.probe_until = breaker.opened_at, breaker.retry_at, None
    row.rule, row.said = breaker.rule, breaker.said[:2000]


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
        execution_options={"synchronize_session": False},
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


def refuse_sender(
    session: Session, provider_id: int, sender: str, *, said: str, until: datetime
) -> None:
    """Remembers that the provider does not send for this address."""
    session.merge(
        RefusedSender(provider_id=provider_id, sender=sender, said=said[:2000], until=until)
    )


def forget_faults(session: Session, provider_id: int) -> None:
    """Closes the breaker and forgets refused senders: the provider was edited or tested."""
    session.execute(delete(ProviderHealth).where(ProviderHealth.provider_id == provider_id))
    session.execute(delete(RefusedSender).where(RefusedSender.provider_id == provider_id))


def release_held(session: Session, *, rule: str, now: datetime) -> int:
    """Makes everything due that is held for `rule`; the number of deliveries."""
    result = session.execute(
        update(Delivery)
        .where(IS_DUE, Delivery.state == DeliveryState.HELD, Delivery.rule == rule)
        .values(next_attempt_at=now),
        execution_options={"synchronize_session": False},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def _refused(session: Session, now: datetime) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for row in session.scalars(select(RefusedSender).where(RefusedSender.until > now)):
        found.setdefault(row.provider_id, {})[row.sender] = row.said
    return found


def _secret(provider: Provider, vault: Vault) -> str | None:
    try:
        return read_secret(provider, vault)
    except SecretUnreadable:
        return None
