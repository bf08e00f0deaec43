"""The providers as the sender sees them at one moment: settings, secrets, health, usage."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy import select, text

from panel.domain.breaker import CLOSED, Breaker
from panel.domain.budget import Usage
from panel.domain.delivery import Stream
from panel.domain.provider import Limits
from panel.storage.database import Session
from panel.storage.models import Partner, Provider, ProviderHealth, RefusedSender
from panel.storage.queue.budgets import used_budgets
from panel.storage.queue.health import SIZE_MEMORY, known_size, to_breaker
from panel.storage.secrets import read_secret
from panel.storage.types import to_microseconds
from panel.storage.vault import SecretUnreadable, Vault

log = structlog.get_logger(__name__)
_PORTS = range(1, 65536)
_STREAMS = frozenset(Stream)
_ADDRESS = re.compile(r"[^\s<>@\x00-\x1f]+@[^\s<>@\x00-\x1f]+")
# Counts, sums and newest times: every change moves one of them.
_VERSION = text(
    """
    SELECT providers.*, lists.*, health.*, refused.*, usage.*, partners.*
    FROM (SELECT count(*), sum(version), max(updated_at) FROM providers WHERE deleted_at IS NULL)
        AS providers,
        (SELECT sum(version) FROM provider_lists) AS lists,
        (SELECT count(*), sum(failures), max(failed_at), max(recovered_at), max(retry_at),
            max(size_seen_at), sum(CASE WHEN size_seen_at > :since THEN 1 END)
            FROM provider_health) AS health,
        (SELECT count(*), max(until) FROM refused_senders WHERE until > :now) AS refused,
        (SELECT sum(used), max(started_at) FROM provider_usage) AS usage,
        (SELECT count(*), sum(CASE WHEN may_use_house THEN id END) FROM partners) AS partners
    """
)


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


class Secrets:
    """Clear secrets as one vault last decrypted them, so that it is not done for every claim."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, str | None]] = {}

    def secret(self, provider: Provider, vault: Vault) -> str | None:
        """The secret of a provider, None when it cannot be decrypted."""
        sealed = (
            provider.secret,
            provider.secret_key_id,
            provider.identity,
            provider.partner_id,
        )
        known = self._known.get(provider.id)
        if known is None or known[0] != sealed:
            known = self._known[provider.id] = (sealed, _secret(provider, vault))
        return known[1]


def members(
    session: Session, vault: Vault, *, now: datetime, known: Secrets | None = None
) -> tuple[Member, ...]:
    """All providers that are not deleted, in the order of their lists.

    `known` saves the decrypting of what did not change since the last call. A row that cannot be
    understood is left out and logged: the other providers go on.
    """
    secrets = known or Secrets()
    health = {row.provider_id: row for row in session.scalars(select(ProviderHealth))}
    refused = _refused(session, now)
    usages = used_budgets(session)
    return tuple(
        _member(
            provider,
            secrets.secret(provider, vault),
            health.get(provider.id),
            refused=refused.get(provider.id, {}),
            usages=tuple(usages.get(provider.id, ())),
            now=now,
        )
        for provider in _providers(session)
    )


def roster_version(session: Session, *, now: datetime) -> str:
    """Changes whenever `members` or `partners_without_house` may give something else.

    One statement over small tables: whoever has read them at this version need not do it again.
    """
    times = {"now": to_microseconds(now), "since": to_microseconds(now - SIZE_MEMORY)}
    return " ".join(map(str, session.execute(_VERSION, times).one()))


def partners_without_house(session: Session) -> frozenset[int]:
    """Partners whose mail the house's providers must not take."""
    return frozenset(session.scalars(select(Partner.id).where(~Partner.may_use_house)))


def _member(
    provider: Provider,
    secret: str | None,
    health: ProviderHealth | None,
    *,
    refused: dict[str, str],
    usages: tuple[Usage, ...],
    now: datetime,
) -> Member:
    return Member(
        provider,
        secret,
        to_breaker(health) if health is not None else CLOSED,
        refused,
        usages,
        provider.limits,
        known_size(health, now=now) if health is not None else None,
    )


def _providers(session: Session) -> Iterator[Provider]:
    for provider in _readable(session):
        fault = _fault(provider)
        if fault:
            log.warning("provider_unusable", provider=provider.id, reason=fault)
        else:
            yield provider


def _readable(session: Session) -> list[Provider]:
    """One query; where a row of it cannot be read, each row by itself."""
    listed = select(Provider).where(Provider.deleted_at.is_(None))
    ordered = listed.order_by(Provider.partner_id, Provider.position, Provider.id)
    try:
        return list(session.scalars(ordered))
    except (LookupError, ValueError):
        found = (
            _one(session, key) for key in session.scalars(ordered.with_only_columns(Provider.id))
        )
        return [provider for provider in found if provider is not None]


def _one(session: Session, provider_id: int) -> Provider | None:
    try:
        return session.get(Provider, provider_id)
    except (LookupError, ValueError) as error:
        log.warning("provider_unusable", provider=provider_id, reason=str(error)[:300])
        return None


def _fault(provider: Provider) -> str:
    """Why a row cannot be used: nobody but a fault or another program can have written it."""
    if provider.port not in _PORTS:
        return f"{provider.port} is no port"
    if not _are_words(provider.account_types) or not _STREAMS.issuperset(provider.account_types):
        return f"{provider.account_types!r} are no account types"
    if not _are_words(provider.domains):
        return f"{provider.domains!r} are no domains"
    is_address = _ADDRESS.fullmatch(provider.from_email)
    return "" if is_address else f"{provider.from_email[:100]!r} is no address"


def _are_words(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


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
