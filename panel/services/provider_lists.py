"""What every change of a list has in common: looking up, taking turns, keeping the order."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import EVERYTHING, Actor
from panel.domain.provider import ServiceType
from panel.services.refusals import N_, Conflict, Invalid, NotFound, Refusal
from panel.storage.database import Session
from panel.storage.models import Provider, ProviderList
from panel.storage.queries import providers as queries

Refused = TypeVar("Refused", bound=Refusal)


class LastActive(Conflict):
    """The house's last active provider would be inactive or gone afterwards."""

    test: ConnectionTest | None = None
    """The failed test because of which it would be inactive."""


def present(session: Session, actor: Actor, provider_id: int) -> Provider:
    """The provider as it is now; NotFound when it is deleted or not the actor's to see."""
    provider = queries.find(session, provider_id, scope=actor.scope)
    if provider is None:
        raise NotFound(N_("This provider is no longer there."))
    return provider


def held(session: Session, actor: Actor, provider_id: int) -> tuple[Provider, ProviderList]:
    """The provider and its list, which nobody else can change until this transaction ends."""
    owner = present(session, actor, provider_id).partner_id
    whole = queries.hold_list(session, owner)
    return present(session, actor, provider_id), whole


def refused(session: Session, refusal: Refused) -> Refused:
    """The refusal, to be raised; whatever was begun is undone."""
    session.rollback()
    return refusal


def refuse_foreign_owner(actor: Actor, partner_id: int | None) -> None:
    """NotFound when the list of this owner is not the actor's to see."""
    if not actor.scope.is_everything and actor.scope.partner_id != partner_id:
        raise NotFound(N_("This list is not there."))


def refuse_taken_name(
    session: Session, partner_id: int | None, *, name: str, except_id: int | None
) -> None:
    """Invalid when another provider of the owner has the name."""
    if queries.is_name_taken(session, partner_id, name=name, except_id=except_id):
        message = N_("Another provider has this name. Choose a different one.")
        raise refused(session, Invalid({"name": message}))


def refuse_last_active(session: Session, provider: Provider) -> None:
    """LastActive when the house could not send any more without this provider."""
    if provider.partner_id is None and queries.is_last_active(session, provider):
        message = N_(
            "This is the last active provider: without it no mail could be sent. "
            "Activate another one first."
        )
        raise refused(session, LastActive(message))


def place_last(
    session: Session, whole: ProviderList, provider: Provider, *, by: str, now: datetime
) -> None:
    """Puts the provider at the end of its group, primaries or fallbacks."""
    owner = provider.partner_id
    rows = queries.listed(session, owner, scope=EVERYTHING)
    others = [row.provider for row in rows if row.provider.id != provider.id]
    primaries = [item for item in others if item.service_type is ServiceType.PRIMARY]
    fallbacks = [item for item in others if item.service_type is ServiceType.FALLBACK]
    group = primaries if provider.service_type is ServiceType.PRIMARY else fallbacks
    group.append(provider)
    for position, item in enumerate(primaries + fallbacks):
        item.position = position
    note_list_change(session, whole, by=by, now=now)


def note_list_change(session: Session, whole: ProviderList, *, by: str, now: datetime) -> None:
    """Raises the version of a list that is held."""
    queries.bump_list(session, whole, expected=whole.version, by=by, now=now)
