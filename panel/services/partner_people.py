"""The people of a partner: inviting them, shutting them out, letting them in, removing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from panel.domain.permission import Actor, Permission, Role
from panel.services import users
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.partners import Partner, the_partner
from panel.services.refusals import NotFound
from panel.services.set_up import password_link
from panel.services.users import NewUser, add_user
from panel.storage.database import Session
from panel.storage.models import User
from panel.storage.queries import partner_belongings as belongings

__all__ = ["User", "invite", "new_link", "people", "remove", "set_enabled"]


def people(session: Session, actor: Actor, *, slug: str) -> tuple[Partner, Sequence[User]]:
    """The partner and its people, the newest first."""
    authorise(actor, Permission.CHANGE_USERS)
    partner = the_partner(session, actor, slug)
    return partner, belongings.people(session, partner.id)


def invite(
    session: Session,
    actor: Actor,
    *,
    slug: str,
    email: str,
    name: str,
    base_url: str,
    now: datetime,
) -> str:
    """Adds a partner admin; the link by which the person sets a password.

    Raises Invalid with a message for each field, Conflict when the address is taken.
    """
    authorise(actor, Permission.CHANGE_USERS)
    the_partner(session, actor, slug)
    new = NewUser(email=email, role=Role.PARTNER_ADMIN, name=name, partner=slug)
    return add_user(session, actor, new=new, base_url=base_url, now=now) or ""


def new_link(
    session: Session, actor: Actor, *, slug: str, user_id: int, base_url: str, now: datetime
) -> str:
    """A new link by which the person sets a password; older ones are void."""
    authorise(actor, Permission.CHANGE_USERS)
    user = _one_of(session, actor, slug, user_id)
    _record(session, actor, user, action="user.link_made", now=now)
    return password_link(session, user, base_url=base_url, now=now)


def set_enabled(
    session: Session, actor: Actor, *, slug: str, user_id: int, is_enabled: bool, now: datetime
) -> User:
    """Lets one of the partner's people in again, or shuts it out at once."""
    authorise(actor, Permission.CHANGE_USERS)
    user = _one_of(session, actor, slug, user_id)
    if user.is_enabled == is_enabled:
        return user
    if not is_enabled:
        users.disable_user(session, actor, user.id, now=now)
        return user
    user.is_enabled = True
    _record(session, actor, user, action="user.enabled", now=now)
    session.commit()
    return user


def remove(session: Session, actor: Actor, *, slug: str, user_id: int, now: datetime) -> str:
    """Removes one of the partner's people; the address, which may be used again."""
    authorise(actor, Permission.CHANGE_USERS)
    user = _one_of(session, actor, slug, user_id)
    email = user.email
    _record(session, actor, user, action="user.removed", now=now)
    belongings.remove_people(session, [user], now=now)
    session.commit()
    return email


def _one_of(session: Session, actor: Actor, slug: str, user_id: int) -> User:
    partner = the_partner(session, actor, slug)
    user = belongings.person(session, partner.id, user_id)
    if user is None:
        raise NotFound
    return user


def _record(session: Session, actor: Actor, user: User, *, action: str, now: datetime) -> None:
    record(
        session,
        actor,
        action=action,
        subject=f"user:{user.id}",
        before={"email": user.email} if action == "user.removed" else None,
        after={"email": user.email} if action != "user.removed" else None,
        partner_id=user.partner_id,
        now=now,
    )
