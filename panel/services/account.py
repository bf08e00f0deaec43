"""What people change about themselves: password and language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services import passwords
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.refusals import N_, Invalid, NotFound, TooMany
from panel.services.throttles import SIGN_IN_OF_ACCOUNT, count
from panel.storage.database import Session
from panel.storage.models import User
from panel.storage.queries import sessions as session_queries
from panel.storage.queries import users as queries

LANGUAGES = ("en", "tr")


@dataclass(frozen=True, slots=True)
class Profile:
    """A user as the user's own page shows it."""

    email: str
    name: str
    created_at: datetime


def profile(session: Session, actor: Actor) -> Profile:
    """The actor's own details."""
    authorise(actor, Permission.OWN_ACCOUNT)
    user = _own(session, actor)
    return Profile(email=user.email, name=user.name, created_at=user.created_at)


def change_password(
    session: Session, actor: Actor, *, current: str, new: str, now: datetime
) -> None:
    """Sets a new password and ends all other sessions of this person.

    Raises Invalid for `current_password` or `password`, TooMany when the present one was guessed
    at too often.
    """
    authorise(actor, Permission.OWN_ACCOUNT)
    user = _own(session, actor)
    _count(session, user, now=now)
    if not passwords.is_right(current, user.password_hash):
        raise Invalid({"current_password": N_("This is not your present password.")})
    fault = passwords.fault_of(new, email=user.email)
    if fault:
        raise Invalid({"password": fault})
    user.password_hash = passwords.hash_password(new)
    session_queries.end_sessions(session, user.id, now=now, keep_id=actor.session_id)
    record(
        session,
        actor,
        action="user.password_changed",
        subject=f"user:{user.id}",
        after={"password": "changed"},
        now=now,
    )
    session.commit()


def change_language(session: Session, actor: Actor, *, language: str, now: datetime) -> None:
    """Remembers the language of this person's pages. Raises Invalid for an unknown one."""
    authorise(actor, Permission.OWN_ACCOUNT)
    if language not in LANGUAGES:
        raise Invalid({"language": N_("Choose English or Turkish.")})
    user = _own(session, actor)
    before, user.language = user.language, language
    record(
        session,
        actor,
        action="user.language_changed",
        subject=f"user:{user.id}",
        before={"language": before},
        after={"language": language},
        now=now,
    )
    session.commit()


def _own(session: Session, actor: Actor) -> User:
    user = queries.find_user(session, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound
    return user


def _count(session: Session, user: User, *, now: datetime) -> None:
    """A stolen session must not become a way to guess the password."""
    try:
        count(session, SIGN_IN_OF_ACCOUNT, user.email, now=now)
    except TooMany:
        session.commit()
        raise
    session.commit()
