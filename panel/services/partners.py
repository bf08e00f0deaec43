"""Partners: creating one."""

from __future__ import annotations

import re
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.refusals import N_, Conflict, Invalid
from panel.storage.database import Session
from panel.storage.models import Partner
from panel.storage.queries import partners as queries

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
LONGEST_NAME = 200


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


def check_partner(*, slug: str, name: str) -> None:
    """Raises Invalid for a slug or a name that no partner can have."""
    errors = {}
    if not _SLUG.fullmatch(slug):
        errors["slug"] = N_(
            "A slug has small letters, digits and hyphens, at most 63, for example “acme-travel”."
        )
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        errors["name"] = N_("Give a name of at most 200 characters.")
    if errors:
        raise Invalid(errors)
