"""People: adding them, their roles, and signing them out of everything when those change."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from panel.domain.permission import Actor, Permission, Role
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.passwords import hash_password
from panel.services.refusals import N_, Conflict, Invalid, NotFound
from panel.services.set_up import first_run_link, password_link
from panel.services.user_fields import field_errors, normal_email
from panel.storage.database import Session
from panel.storage.models import User
from panel.storage.queries import partners as partner_queries
from panel.storage.queries import sessions as session_queries
from panel.storage.queries import users as queries

__all__ = ["NewUser", "add_user", "change_role", "check_user", "disable_user", "first_run_link"]


@dataclass(frozen=True, slots=True)
class NewUser:
    """A person to be added; without a password a link to set one is made."""

    email: str
    role: Role
    name: str = ""
    partner: str = ""
    """Slug; a partner admin must have one, nobody else may."""
    password: str | None = field(default=None, repr=False)


def check_user(new: NewUser) -> None:
    """Raises Invalid with a message for each field that no user can have; asks no database."""
    errors = field_errors(email=new.email, name=new.name, password=new.password)
    is_partner_admin = new.role is Role.PARTNER_ADMIN
    if is_partner_admin and not new.partner:
        errors["partner"] = N_("A partner admin needs a partner. Give its slug.")
    if new.partner and not is_partner_admin:
        errors["partner"] = N_("Only a partner admin belongs to a partner. Leave it out.")
    if errors:
        raise Invalid(errors)


def add_user(
    session: Session, actor: Actor, *, new: NewUser, base_url: str, now: datetime
) -> str | None:
    """Adds a person; the link to set a password, None when one was given.

    Raises Invalid with a message for each field, Conflict when the address is taken.
    """
    authorise(actor, Permission.CHANGE_USERS)
    check_user(new)
    partner_id = _partner_id(session, new)
    user = User(
        email=normal_email(new.email),
        name=new.name.strip(),
        role=new.role,
        partner_id=partner_id,
        password_hash=None if new.password is None else hash_password(new.password),
        created_at=now,
    )
    if not queries.insert_user(session, user):
        raise Conflict(N_("There is a user %(email)s already."), email=user.email)
    _record(session, actor, user, action="user.added", now=now)
    session.commit()
    if new.password is not None:
        return None
    return password_link(session, user, base_url=base_url, now=now)


def change_role(
    session: Session, actor: Actor, user_id: int, *, role: Role, partner: str = "", now: datetime
) -> None:
    """Gives a user another role and ends all of the user's sessions.

    Raises Conflict when nobody would be left to run the house.
    """
    authorise(actor, Permission.CHANGE_USERS)
    user = _load(session, user_id)
    wanted = NewUser(email=user.email, role=role, partner=partner)
    check_user(wanted)
    partner_id = _partner_id(session, wanted)
    if role is not Role.OPERATOR:
        _keep_an_operator(session, user)
    before: dict[str, str | bool] = {"role": user.role.value}
    user.role, user.partner_id = role, partner_id
    session_queries.end_sessions(session, user.id, now=now)
    _record(session, actor, user, action="user.role_changed", before=before, now=now)
    session.commit()


def disable_user(session: Session, actor: Actor, user_id: int, *, now: datetime) -> None:
    """Shuts a user out at once. Raises Conflict when nobody would be left to run the house."""
    authorise(actor, Permission.CHANGE_USERS)
    user = _load(session, user_id)
    _keep_an_operator(session, user)
    before: dict[str, str | bool] = {"is_enabled": user.is_enabled}
    user.is_enabled = False
    session_queries.end_sessions(session, user.id, now=now)
    queries.void_links(session, user.id, now=now)
    _record(session, actor, user, action="user.disabled", before=before, now=now)
    session.commit()


def _load(session: Session, user_id: int) -> User:
    user = queries.find_user(session, user_id)
    if user is None:
        raise NotFound
    return user


def _partner_id(session: Session, new: NewUser) -> int | None:
    if new.role is not Role.PARTNER_ADMIN:
        return None
    partner = partner_queries.find_by_slug(session, new.partner)
    if partner is None:
        raise Invalid({"partner": N_("There is no partner with this slug. Add it first.")})
    return partner.id


def _keep_an_operator(session: Session, user: User) -> None:
    operators = queries.enabled_operators(session)
    if [operator.id for operator in operators] == [user.id]:
        raise Conflict(N_("This is the last operator. Make somebody else one first."))


def _record(
    session: Session,
    actor: Actor,
    user: User,
    *,
    action: str,
    now: datetime,
    before: dict[str, str | bool] | None = None,
) -> None:
    record(
        session,
        actor,
        action=action,
        subject=f"user:{user.id}",
        before=before,
        after={"email": user.email, "role": user.role.value, "is_enabled": user.is_enabled},
        partner_id=user.partner_id,
        now=now,
    )
