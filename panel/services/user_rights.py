"""What single people may do beyond their role: reading what mails say."""

from __future__ import annotations

from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.refusals import N_, NotFound
from panel.services.user_fields import normal_email
from panel.storage.database import Session
from panel.storage.queries import users as queries


def allow_bodies(
    session: Session, actor: Actor, *, email: str, is_allowed: bool, now: datetime
) -> None:
    """Lets a user read contents from now on, or not any more. Raises NotFound for nobody."""
    authorise(actor, Permission.CHANGE_USERS)
    user = queries.find_by_email(session, normal_email(email) or "")
    if user is None:
        raise NotFound(N_("There is no user with this address."))
    before, user.may_read_bodies = user.may_read_bodies, is_allowed
    if before != is_allowed:
        record(
            session,
            actor,
            action="user.bodies_allowed",
            subject=f"user:{user.id}",
            before={"may_read_bodies": before},
            after={"may_read_bodies": is_allowed},
            partner_id=user.partner_id,
            now=now,
        )
    session.commit()
