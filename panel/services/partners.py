"""Partners: the list, one of them, creating and changing one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from panel.domain.breaker import BreakerState
from panel.domain.permission import Actor, Permission
from panel.domain.quota import LARGEST_QUOTA, Quota
from panel.sending.wake import release_held
from panel.services.access import authorise
from panel.services.audit import record, record_change
from panel.services.refusals import N_, Conflict, Invalid, NotFound
from panel.storage.database import Session
from panel.storage.models import Partner
from panel.storage.queries import partner_belongings
from panel.storage.queries import partners as queries
from panel.storage.queries.paging import Cursor, Page
from panel.storage.queries.partner_belongings import ServerStanding
from panel.storage.queries.partners import PartnerRow

__all__ = [
    "Listing",
    "Partner",
    "PartnerRow",
    "Standing",
    "add_partner",
    "change_partner",
    "check_partner",
    "list_partners",
    "own_slug",
    "show_partner",
    "the_partner",
]

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_NAME = 200
LONGEST_SEARCH = 100
NO_QUOTA = Quota()


class Standing(StrEnum):
    """How the own servers of a partner do, the worst of those that are in use."""

    NONE = "none"
    """It has no server of its own."""
    NOT_IN_USE = "not_in_use"
    PUT_ASIDE = "put_aside"
    PAUSING = "pausing"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of partners, and how the own servers of each do, by the partner's id."""

    page: Page[PartnerRow]
    standings: Mapping[int, Standing]


def list_partners(session: Session, actor: Actor, *, words: str, cursor: Cursor) -> Listing:
    """One page of all partners, newest first, narrowed to those that `words` name."""
    authorise(actor, Permission.CHANGE_PARTNERS)
    wanted = words.strip()[:LONGEST_SEARCH]
    found = queries.partner_page(session, words=wanted, cursor=cursor)
    ids = [row.id for row in found.rows]
    servers = partner_belongings.standings(session, ids)
    standings = {key: _worst(item for item in servers if item.partner_id == key) for key in ids}
    return Listing(found, standings)


def show_partner(session: Session, actor: Actor, *, slug: str) -> Partner:
    """One partner; NotFound when there is none of this slug."""
    authorise(actor, Permission.CHANGE_PARTNERS)
    return the_partner(session, actor, slug)


def the_partner(session: Session, actor: Actor, slug: str) -> Partner:
    """The partner as it is now; NotFound when it is not there or not the actor's to see."""
    # What is no slug may be what a database refuses to be asked about.
    is_slug = _SLUG.fullmatch(slug) is not None
    partner = queries.find_within(session, slug, scope=actor.scope) if is_slug else None
    if partner is None:
        raise NotFound
    return partner


def own_slug(session: Session, actor: Actor) -> str:
    """The slug of the partner that a partner admin belongs to."""
    authorise(actor, Permission.OWN_SMTP)
    partner = queries.find(session, actor.scope.partner_id or 0) if actor.is_partner else None
    if partner is None:
        raise NotFound
    return partner.slug


def add_partner(session: Session, actor: Actor, *, slug: str, name: str, now: datetime) -> Partner:
    """A new partner. Raises Invalid for a bad slug or name, Conflict when the slug is taken."""
    authorise(actor, Permission.CHANGE_PARTNERS)
    check_partner(slug=slug, name=name)
    partner = Partner(slug=slug, name=name.strip(), created_at=now)
    if not queries.insert_partner(session, partner):
        raise Conflict(N_("There is a partner “%(slug)s” already."), slug=slug)
    record(
        session,
        actor,
        action="partner.added",
        subject=f"partner:{partner.id}",
        after={"slug": slug, "name": partner.name},
        partner_id=partner.id,
        now=now,
    )
    session.commit()
    return partner


def change_partner(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    name: str,
    may_use_house: bool,
    quota: Quota | None = None,
    now: datetime,
) -> Partner:
    """Saves what the settings window holds; without a `quota` that stays. Raises Invalid."""
    authorise(actor, Permission.CHANGE_PARTNERS)
    partner = the_partner(session, actor, slug)
    kept = quota or Quota(partner.hourly_quota, partner.daily_quota)
    check_partner(slug=slug, name=name, quota=kept)
    wanted = {
        "name": name.strip(),
        "may_use_house": may_use_house,
        "hourly_quota": kept.hourly,
        "daily_quota": kept.daily,
    }
    was = {field: getattr(partner, field) for field in wanted}
    if wanted == was:
        return partner
    for field, value in wanted.items():
        setattr(partner, field, value)
    record_change(
        session,
        actor,
        action="partner.changed",
        subject=f"partner:{partner.id}",
        was=was,
        is_now=wanted,
        partner_id=partner.id,
        now=now,
    )
    release_held(session, now=now)
    session.commit()
    return partner


def check_partner(*, slug: str, name: str, quota: Quota = NO_QUOTA) -> None:
    """Raises Invalid for a slug, a name or a quota that no partner can have."""
    errors = {}
    if not _SLUG.fullmatch(slug):
        errors["slug"] = N_(
            "A slug has small letters, digits and hyphens, at most 63, for example “acme-travel”."
        )
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = N_("Give a name of at most 200 characters.")
    for field, number in {"hourly_quota": quota.hourly, "daily_quota": quota.daily}.items():
        if number is not None and not 1 <= number <= LARGEST_QUOTA:
            errors[field] = N_("Give a whole number from 1 to 1,000,000,000, or nothing.")
    if errors:
        raise Invalid(errors)


def _worst(servers: Iterable[ServerStanding]) -> Standing:
    all_of_them = tuple(servers)
    states = {item.breaker for item in all_of_them if item.is_active}
    if not states:
        return Standing.NOT_IN_USE if all_of_them else Standing.NONE
    if BreakerState.DISABLED in states:
        return Standing.PUT_ASIDE
    return Standing.PAUSING if BreakerState.OPEN in states else Standing.WORKING
