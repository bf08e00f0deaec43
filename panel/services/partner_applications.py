"""The applications of a partner: adding and revoking them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services import application_tokens
from panel.services.access import authorise
from panel.services.applications import ApplicationValues, NewApplication, add_application
from panel.services.audit import record
from panel.services.partners import Partner, the_partner
from panel.services.refusals import NotFound
from panel.storage.database import Session
from panel.storage.models import Application
from panel.storage.queries import partner_belongings as belongings

__all__ = ["Application", "add", "applications", "revoke"]


def applications(
    session: Session, actor: Actor, *, slug: str
) -> tuple[Partner, Sequence[Application]]:
    """The partner and its applications, revoked ones included, the newest first."""
    authorise(actor, Permission.CHANGE_APPLICATIONS)
    partner = the_partner(session, actor, slug)
    return partner, belongings.applications(session, partner.id)


def add(
    session: Session, actor: Actor, *, slug: str, values: ApplicationValues, now: datetime
) -> NewApplication:
    """Creates an application of the partner. Raises Invalid with a message for each field."""
    authorise(actor, Permission.CHANGE_APPLICATIONS)
    the_partner(session, actor, slug)
    values = replace(values, partner_slug=slug)
    return add_application(session, actor, values=values, now=now)


def revoke(
    session: Session, actor: Actor, *, slug: str, application_id: int, now: datetime
) -> Application:
    """Makes the credentials of an application worthless, for good."""
    authorise(actor, Permission.CHANGE_APPLICATIONS)
    partner = the_partner(session, actor, slug)
    application = belongings.application(session, partner.id, application_id)
    if application is None:
        raise NotFound
    if application.revoked_at is not None:
        return application
    application.revoked_at = now
    record(
        session,
        actor,
        action="application.revoked",
        subject=f"application:{application.id}",
        before={"name": application.name},
        partner_id=partner.id,
        now=now,
    )
    session.commit()
    application_tokens.forget(application.id)
    return application
