"""Looking at the mail servers of a partner: the main one and its fallback, and how they do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.domain.provider import ServiceType
from panel.services.access import authorise
from panel.services.discretion import told_reason
from panel.services.installation import Installation
from panel.services.partners import Partner, the_partner
from panel.services.provider_health import Condition, observe
from panel.services.providers import ProviderState, listing
from panel.services.refusals import NotFound
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queries import partner_belongings as belongings
from panel.storage.queries import providers as queries

__all__ = [
    "Partner",
    "Provider",
    "Server",
    "Tab",
    "check_entry",
    "find_server",
    "show_tab",
    "the_server",
]


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is set up, and how it does."""

    state: ProviderState
    condition: Condition

    @property
    def provider(self) -> Provider:
        """Its row."""
        return self.state.provider


@dataclass(frozen=True, slots=True)
class Tab:
    """Everything that the tab shows."""

    partner: Partner
    main: Server | None
    fallback: Server | None
    people: frozenset[str] | None
    """Whose names the actor may read beside changes; None: everybody's."""

    def server(self, place: ServiceType) -> Server | None:
        """The server in that place."""
        return self.main if place is ServiceType.PRIMARY else self.fallback


def show_tab(
    session: Session, actor: Actor, *, slug: str, installation: Installation, now: datetime
) -> Tab:
    """The partner with its servers; NotFound when it is not the actor's to see."""
    authorise(actor, Permission.OWN_SMTP)
    partner = the_partner(session, actor, slug)
    shown = listing(session, actor, vault=installation.vault, partner_id=partner.id)
    conditions, _worries = observe(session, actor, now=now, partner_id=partner.id)
    servers = [
        Server(_discreet(actor, state), conditions[state.provider.id])
        for state in shown.providers
        if state.provider.id in conditions
    ]
    return Tab(
        partner,
        main=_first(servers, ServiceType.PRIMARY),
        fallback=_first(servers, ServiceType.FALLBACK),
        people=_people(session, partner) if actor.is_partner else None,
    )


def check_entry(session: Session, actor: Actor, *, slug: str) -> None:
    """Raises NotFound when the partner is not the actor's to see."""
    authorise(actor, Permission.OWN_SMTP)
    the_partner(session, actor, slug)


def the_server(session: Session, actor: Actor, *, slug: str, place: ServiceType) -> Provider:
    """The server in that place; NotFound when none is set up."""
    authorise(actor, Permission.OWN_SMTP)
    server = find_server(session, actor, the_partner(session, actor, slug), place)
    if server is None:
        raise NotFound
    return server


def find_server(
    session: Session, actor: Actor, partner: Partner, place: ServiceType
) -> Provider | None:
    """The server in that place of a partner that is the actor's to see."""
    authorise(actor, Permission.OWN_SMTP)
    rows = queries.listed(session, partner.id, scope=actor.scope)
    return next((r.provider for r in rows if r.provider.service_type is place), None)


def _people(session: Session, partner: Partner) -> frozenset[str]:
    return frozenset(user.email for user in belongings.all_people(session, partner.id))


def _first(servers: list[Server], place: ServiceType) -> Server | None:
    return next((item for item in servers if item.provider.service_type is place), None)


def _discreet(actor: Actor, state: ProviderState) -> ProviderState:
    rule, said = told_reason(actor, state.breaker.rule, state.breaker.said)
    return replace(state, breaker=replace(state.breaker, rule=rule, said=said))
