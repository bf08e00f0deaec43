"""The order of a list, saved as a whole: dragging, and one step up or down without script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.domain.provider import ServiceType
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.provider_lists import refuse_foreign_owner, refused
from panel.services.refusals import N_, Conflict
from panel.storage.database import Session
from panel.storage.models import Provider, ProviderList
from panel.storage.queries import providers as queries

DIVIDER = "divider"
"""Marks in an order where the fallbacks begin."""


@dataclass(frozen=True, slots=True)
class Order:
    """Ids of providers from top to bottom, with the divider between the groups."""

    entries: tuple[str, ...]

    def moved(self, entry: str, step: int) -> Order:
        """One place up (-1) or down (1), across the divider too; unchanged at either end."""
        entries = list(self.entries)
        if entry not in entries:
            return self
        at = entries.index(entry)
        if not 0 <= at + step < len(entries):
            return self
        entries[at], entries[at + step] = entries[at + step], entries[at]
        return Order(tuple(entries))

    def placed(self) -> dict[str, tuple[int, ServiceType]]:
        """Position and service type of each id. Without a divider all are primaries."""
        ids = [entry for entry in self.entries if entry != DIVIDER]
        primaries = self.entries.index(DIVIDER) if DIVIDER in self.entries else len(ids)
        return {
            entry: (at, ServiceType.PRIMARY if at < primaries else ServiceType.FALLBACK)
            for at, entry in enumerate(ids)
        }


def order_of(providers: Sequence[Provider]) -> Order:
    """The present order of a list."""
    ids = {kind: [str(p.id) for p in providers if p.service_type is kind] for kind in ServiceType}
    return Order((*ids[ServiceType.PRIMARY], DIVIDER, *ids[ServiceType.FALLBACK]))


@dataclass(frozen=True, slots=True)
class LastMove:
    """Who last changed the order of a list, and the order before as long as it can be had back."""

    by: str
    at: datetime
    former: Order | None


def last_move(whole: ProviderList | None) -> LastMove | None:
    """None when nobody has moved anything yet.

    Once the list has changed in another way the move can no longer be undone.
    """
    if whole is None or whole.ordered_at is None:
        return None
    is_newest = whole.ordered_version == whole.version
    former = Order(tuple(whole.former_order)) if is_newest else None
    return LastMove(whole.ordered_by, whole.ordered_at, former)


def reorder(
    session: Session,
    actor: Actor,
    *,
    order: Order,
    version: int | None,
    now: datetime,
    partner_id: int | None = None,
) -> Order:
    """Saves the whole order and returns the one before.

    Raises Conflict when the list is not the one that `version` stands for, or when `order` names
    other providers than the list holds.
    """
    authorise(actor, Permission.CHANGE_PROVIDERS)
    refuse_foreign_owner(actor, partner_id)
    whole = queries.hold_list(session, partner_id)
    rows = queries.listed(session, partner_id, scope=actor.scope)
    before = order_of([row.provider for row in rows])
    if version != whole.version or sorted(order.entries) != sorted(before.entries):
        raise refused(session, _stale())
    if order == before:
        session.commit()
        return before
    _apply(session, [row.provider for row in rows], order, now=now)
    if not queries.bump_list(session, whole, expected=whole.version, by=actor.name, now=now):
        raise refused(session, _stale())
    _keep_former(whole, before, by=actor.name, now=now)
    record(
        session,
        actor,
        action="providers.reordered",
        subject=f"providers:{whole.owner}",
        before={"order": list(before.entries)},
        after={"order": list(order.entries)},
        partner_id=partner_id,
        now=now,
    )
    session.commit()
    return before


def _apply(session: Session, providers: Sequence[Provider], order: Order, *, now: datetime) -> None:
    placed = order.placed()
    for provider in providers:
        position, service_type = placed[str(provider.id)]
        provider.position = position
        if provider.service_type is not service_type:
            # An edit form that is open elsewhere must not bring the old group back.
            provider.service_type = service_type
            queries.bump_provider(session, provider, expected=provider.version, now=now)


def _keep_former(whole: ProviderList, before: Order, *, by: str, now: datetime) -> None:
    """What it takes to undo the move, as long as the list stays as it is now."""
    whole.ordered_at, whole.ordered_by = now, by
    whole.ordered_version, whole.former_order = whole.version, list(before.entries)


def _stale() -> Conflict:
    return Conflict(
        N_("The list changed in the meantime, so your move was not saved. This is the list now.")
    )
