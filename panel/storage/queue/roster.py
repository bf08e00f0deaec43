"""The providers as the sender sees them at one moment: settings, secrets, health, usage."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from panel.domain.breaker import CLOSED, Breaker
from panel.domain.budget import Usage
from panel.domain.provider import Limits
from panel.storage.database import Session
from panel.storage.models import Partner, Provider, ProviderHealth, RefusedSender
from panel.storage.queue.budgets import used_budgets
from panel.storage.queue.health import known_size, to_breaker
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
    largest_size: int | None = None
    """SIZE in bytes that it announced lately; None: not known, or no limit."""


def members(session: Session, vault: Vault, *, now: datetime) -> tuple[Member, ...]:
    """All providers that are not deleted, in the order of their lists."""
    providers = session.scalars(
        select(Provider)
        .where(Provider.deleted_at.is_(None))
        .order_by(Provider.partner_id, Provider.position, Provider.id)
    ).all()
    found = session.scalars(select(ProviderHealth)).all()
    breakers = {row.provider_id: to_breaker(row) for row in found}
    sizes = {row.provider_id: known_size(row, now=now) for row in found}
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
            sizes.get(provider.id),
        )
        for provider in providers
    )


def partners_without_house(session: Session) -> frozenset[int]:
    """Partners whose mail the house's providers must not take."""
    return frozenset(session.scalars(select(Partner.id).where(~Partner.may_use_house)))


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
