"""What a partner's people are not told: the names and the words of the house's providers, and why
exactly a server could not be reached, which would tell them of the house's network."""

from __future__ import annotations

from panel.domain.permission import Actor, Scope
from panel.storage.database import Session
from panel.storage.queries import providers

NOT_REACHED = "not_reached"
"""What a partner's people read in place of these rules."""
UNREACHED_RULES = frozenset({"dns_failed", "host_unknown", "address_blocked", "unreachable"})


def told_reason(actor: Actor, rule: str, said: str) -> tuple[str, str]:
    """A rule and the words that go with it as the actor may know them."""
    is_told = actor.scope.is_everything or rule not in UNREACHED_RULES
    return (rule, said) if is_told else (NOT_REACHED, "")


def may_know(actor: Actor, provider_partner_id: int | None) -> bool:
    """Whether the actor may read the name and the replies of a provider of that owner."""
    return actor.scope.is_everything or (
        provider_partner_id is not None and provider_partner_id == actor.scope.partner_id
    )


def own_providers(session: Session, scope: Scope) -> frozenset[int]:
    """The ids of the providers that belong to the scope's partner, or to the house without one."""
    listed = providers.listed(session, scope.partner_id, scope=scope)
    return frozenset(item.provider.id for item in listed)
