"""What should be known before a provider is saved, though nothing forbids it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from panel.domain.delivery import Stream
from panel.domain.permission import Actor, Permission
from panel.domain.provider import ProviderType, ServiceType
from panel.domain.sender_rule import Mailbox, sender
from panel.services.access import authorise
from panel.services.provider_checks import clean_values
from panel.services.provider_lists import present
from panel.services.provider_values import ProviderValues
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queries import from_domains
from panel.storage.queries import providers as queries

IN_USE = timedelta(days=30)
"""How far back a From address counts as in use."""
_NAMED_DOMAINS = 5


class Caution(StrEnum):
    """What a warning is about."""

    VERIFIED_LOST = "verified_lost"
    """The connection of an active house provider changes, and has to be tested again."""
    NO_PRIMARY = "no_primary"
    """A fallback comes before any primary."""
    FROM_REPLACED = "from_replaced"
    """A fallback may not send for From addresses that are in use."""


@dataclass(frozen=True, slots=True)
class Warned:
    """One warning; domains only where they are what it is about."""

    caution: Caution
    domains: tuple[str, ...] = ()
    """The first few of those whose From would be replaced."""
    own: tuple[str, ...] = ()
    """Those that the provider may send for."""


def warnings_for(
    session: Session,
    actor: Actor,
    *,
    values: ProviderValues,
    provider_id: int | None,
    now: datetime,
) -> tuple[Warned, ...]:
    """The warnings for entered values, of a new provider or of the one that is being edited."""
    authorise(actor, Permission.CHANGE_PROVIDERS)
    provider = present(session, actor, provider_id) if provider_id is not None else None
    owner = provider.partner_id if provider else None
    values = clean_values(values)
    found = (
        _verified_lost(values, provider),
        _no_primary(session, values, owner, provider_id),
        from_replaced(session, values, owner, now=now),
    )
    return tuple(warned for warned in found if warned is not None)


def from_replaced(
    session: Session, values: ProviderValues, partner_id: int | None, *, now: datetime
) -> Warned | None:
    """From domains in use that a mail would lose when it falls over to this provider."""
    if values.service_type is not ServiceType.FALLBACK or not values.from_email:
        return None
    used = from_domains.in_use(session, _streams(values), partner_id=partner_id, since=now - IN_USE)
    own, others = Mailbox(values.from_email), values.domains
    lost = [
        domain
        for domain in sorted(used)
        if sender(f"post@{domain}", provider_from=own, domains=others).is_replaced
    ]
    if not lost:
        return None
    allowed = tuple(dict.fromkeys((own.domain, *others)))
    return Warned(Caution.FROM_REPLACED, tuple(lost[:_NAMED_DOMAINS]), allowed)


def _streams(values: ProviderValues) -> frozenset[Stream]:
    if values.type is ProviderType.CRM_API_SMTP:
        return frozenset({Stream.CRM})
    return frozenset(values.account_types or Stream)


def _verified_lost(values: ProviderValues, provider: Provider | None) -> Warned | None:
    if provider is None or not provider.is_active or provider.partner_id is not None:
        return None
    is_same = provider.identity == values.connection.identity and not values.connection.password
    return None if is_same else Warned(Caution.VERIFIED_LOST)


def _no_primary(
    session: Session, values: ProviderValues, owner: int | None, provider_id: int | None
) -> Warned | None:
    if values.service_type is not ServiceType.FALLBACK:
        return None
    others = queries.has_primary(session, owner, except_id=provider_id)
    return None if others else Warned(Caution.NO_PRIMARY)
