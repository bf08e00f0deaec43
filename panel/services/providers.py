"""Looking at providers: the list of an owner, and one provider to edit."""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.breaker import CLOSED, Breaker
from panel.domain.chain import serves
from panel.domain.delivery import Stream
from panel.domain.permission import Actor, Permission
from panel.domain.provider import ServiceType
from panel.services.access import authorise
from panel.services.provider_lists import present, refuse_foreign_owner
from panel.services.provider_order import LastMove, last_move
from panel.storage.database import Session
from panel.storage.models import Provider, ProviderHealth
from panel.storage.queries import providers as queries
from panel.storage.queries.providers import Listed
from panel.storage.secrets import is_readable
from panel.storage.vault import Vault

__all__ = ["Listing", "Provider", "ProviderState", "listing", "show", "state"]


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider and what is known of its health."""

    provider: Provider
    breaker: Breaker
    has_readable_secret: bool


@dataclass(frozen=True, slots=True)
class Listing:
    """A list in its order, primaries first; `version` guards changes of the order."""

    providers: tuple[ProviderState, ...]
    is_empty: bool
    """The owner has no provider at all, whatever kind of mail was asked for."""
    version: int
    last_move: LastMove | None


def listing(
    session: Session,
    actor: Actor,
    *,
    vault: Vault,
    stream: Stream | None = None,
    partner_id: int | None = None,
) -> Listing:
    """The list of one owner, by default the house's; with a stream, who may carry that mail."""
    authorise(actor, Permission.SEE_PROVIDERS, Permission.OWN_SMTP)
    refuse_foreign_owner(actor, partner_id)
    whole = queries.the_list(session, partner_id)
    rows = queries.listed(session, partner_id, scope=actor.scope)
    return Listing(
        providers=tuple(
            state(row, vault) for row in rows if stream is None or _serves(row.provider, stream)
        ),
        is_empty=not rows,
        version=whole.version if whole else 0,
        last_move=last_move(whole),
    )


def show(session: Session, actor: Actor, *, provider_id: int) -> Provider:
    """One provider; NotFound when it is deleted or not the actor's to see."""
    authorise(actor, Permission.OWN_SMTP)
    return present(session, actor, provider_id)


def _serves(provider: Provider, stream: Stream) -> bool:
    return serves(provider.type, provider.account_types, stream)


def usual_service_type(
    session: Session, actor: Actor, *, partner_id: int | None = None
) -> ServiceType:
    """What a new provider will most likely be: the fallback once there is a primary without one."""
    authorise(actor, Permission.OWN_SMTP)
    refuse_foreign_owner(actor, partner_id)
    lacks_fallback = not queries.has_fallback(session, partner_id)
    if lacks_fallback and queries.has_primary(session, partner_id):
        return ServiceType.FALLBACK
    return ServiceType.PRIMARY


def state(row: Listed, vault: Vault) -> ProviderState:
    """A provider of a list with what is known of its health."""
    return ProviderState(row.provider, _breaker(row.health), is_readable(row.provider, vault))


def _breaker(health: ProviderHealth | None) -> Breaker:
    if health is None:
        return CLOSED
    return Breaker(
        state=health.state,
        failures=health.failures,
        failed_at=health.failed_at,
        opened_at=health.opened_at,
        retry_at=health.retry_at,
        rule=health.rule,
        said=health.said,
    )
