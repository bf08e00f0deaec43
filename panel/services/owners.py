"""Whose mail the lists can be narrowed to, for those who see everybody's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from panel.domain.permission import HOUSE, Actor, Permission
from panel.services.access import authorise
from panel.storage.database import Session
from panel.storage.queries import partners

__all__ = ["HOUSE", "PartnerChoice", "partner_choices", "partner_names"]


@dataclass(frozen=True, slots=True)
class PartnerChoice:
    """A partner whose mail a list can be narrowed to."""

    id: str
    """As `narrowed` takes it."""
    name: str


def partner_choices(
    session: Session, actor: Actor, *, chosen: str = ""
) -> tuple[PartnerChoice, ...]:
    """The first 500 partners by name, and the one that is chosen; nobody for a partner's people."""
    authorise(actor, Permission.SEE_QUEUE)
    if not actor.scope.is_everything:
        return ()
    found = {str(partner.id): partner.name for partner in partners.listed(session)}
    if chosen and chosen != HOUSE:
        found |= _named(session, {chosen} - found.keys())
    return tuple(PartnerChoice(*item) for item in found.items())


def partner_names(session: Session, actor: Actor, *, owners: Iterable[str]) -> dict[str, str]:
    """What the partners among these are called, those that were deleted included."""
    authorise(actor, Permission.SEE_QUEUE)
    return _named(session, owners) if actor.scope.is_everything else {}


def _named(session: Session, owners: Iterable[str]) -> dict[str, str]:
    ids = {int(owner) for owner in owners if owner and owner != HOUSE}
    return {str(id_): name for id_, name in partners.names(session, ids).items()}
