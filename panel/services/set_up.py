"""One-time links: the first operator is created by one, other people set their password by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from panel.domain.permission import EVERYTHING, Actor, Role
from panel.services.audit import record
from panel.services.passwords import hash_password
from panel.services.refusals import N_, Invalid, NotFound
from panel.services.sessions import begin_session, new_token, token_hash
from panel.services.user_fields import field_errors, normal_email
from panel.storage.database import Session
from panel.storage.models import SetupLink, User
from panel.storage.queries import sessions as session_queries
from panel.storage.queries import users as queries

LINK_LIFETIME = timedelta(days=7)
LINK_HOLDER = Actor(name="set-up link", permissions=frozenset(), scope=EVERYTHING)


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that can be used."""

    is_first_run: bool
    email: str
    """Whose password it sets; empty on the first run."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a person fills in; address and name count on the first run only."""

    password: str
    email: str = ""
    name: str = ""


def first_run_link(session: Session, *, base_url: str, now: datetime) -> str | None:
    """A new link that creates the first operator; None when there is a user.

    Older ones are void.
    """
    if queries.count_users(session):
        return None
    return _new_link(session, None, base_url=base_url, now=now)


def has_nobody(session: Session) -> bool:
    """Whether this installation still waits for its first operator."""
    return queries.count_users(session) == 0


def password_link(session: Session, user: User, *, base_url: str, now: datetime) -> str:
    """A new link by which this user sets a password; older ones are void."""
    return _new_link(session, user.id, base_url=base_url, now=now)


def open_link(session: Session, token: str, *, now: datetime) -> OpenLink:
    """What the link is for. Raises NotFound when it cannot be used (any more)."""
    _link, user = _find(session, token, now=now)
    return OpenLink(is_first_run=user is None, email=user.email if user else "")


def use_link(
    session: Session,
    token: str,
    *,
    newcomer: Newcomer,
    address: str,
    user_agent: str,
    now: datetime,
) -> str:
    """Sets the password and signs in; the token of the new session.

    Raises Invalid, which leaves the link usable, and NotFound when it is not.
    """
    link, user = _find(session, token, now=now)
    errors = _errors(newcomer, user)
    if errors:
        raise Invalid(errors)
    if not queries.use_link(session, link.id, now=now):
        raise NotFound
    holder = replace(LINK_HOLDER, address=address)
    if user is None:
        user = _first_operator(session, holder, newcomer, now=now)
    user.password_hash = hash_password(newcomer.password)
    session_queries.end_sessions(session, user.id, now=now)
    record(session, holder, action="user.password_set", subject=f"user:{user.id}", now=now)
    cookie = begin_session(session, user, address=address, user_agent=user_agent, now=now)
    session.commit()
    return cookie


def _find(session: Session, token: str, *, now: datetime) -> tuple[SetupLink, User | None]:
    link = queries.find_link(session, token_hash(token), now=now)
    if link is None:
        raise NotFound
    if link.user_id is None:
        if queries.count_users(session):
            raise NotFound
        return link, None
    user = queries.find_user(session, link.user_id)
    if user is None or not queries.may_come_in(session, user):
        raise NotFound
    return link, user


def _errors(newcomer: Newcomer, user: User | None) -> dict[str, str]:
    if user is not None:
        return field_errors(password=newcomer.password, owner=user.email)
    return field_errors(email=newcomer.email, name=newcomer.name, password=newcomer.password)


def _first_operator(session: Session, holder: Actor, newcomer: Newcomer, *, now: datetime) -> User:
    user = User(
        email=normal_email(newcomer.email),
        name=newcomer.name.strip(),
        role=Role.OPERATOR,
        may_read_bodies=False,
        created_at=now,
    )
    if not queries.insert_user(session, user):
        raise Invalid({"email": N_("There is a user with this address already.")})
    record(
        session,
        holder,
        action="user.added",
        subject=f"user:{user.id}",
        after={"email": user.email, "role": user.role.value},
        now=now,
    )
    return user


def _new_link(session: Session, user_id: int | None, *, base_url: str, now: datetime) -> str:
    queries.void_links(session, user_id, now=now)
    token = new_token()
    session.add(
        SetupLink(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            expires_at=now + LINK_LIFETIME,
        )
    )
    session.commit()
    return f"{base_url}/set-up/{token}"
