"""Signing in: throttled, with the same words and work whether the account exists or not."""

from __future__ import annotations

from datetime import datetime

from panel.domain.permission import EVERYTHING, Actor
from panel.services import passwords
from panel.services.audit import record
from panel.services.refusals import N_, Refusal, TooMany
from panel.services.sessions import begin_session
from panel.services.throttles import (
    SIGN_IN_FROM_ADDRESS,
    SIGN_IN_OF_ACCOUNT,
    count,
    key_of,
    network_of,
)
from panel.services.user_fields import normal_email
from panel.storage.database import Session
from panel.storage.models import User
from panel.storage.queries import throttles as throttle_queries
from panel.storage.queries import users as queries


class WrongSignIn(Refusal):
    """Address or password is wrong, or the account is shut; which of them is not said."""


def sign_in(
    session: Session,
    *,
    email: str,
    password: str,
    address: str,
    user_agent: str,
    now: datetime,
) -> str:
    """Checks address and password; the token of a new session.

    Raises TooMany when it was tried too often, and WrongSignIn.
    """
    account = normal_email(email) or email.strip().lower()
    _count(session, account, address, now=now)
    user = _find(session, account)
    # No transaction is open while the hash is computed, which takes a tenth of a second.
    session.commit()
    stored = user.password_hash if user else None
    is_right = passwords.is_right(password, stored)
    if not is_right or user is None or not queries.still_has_password(session, user, stored):
        _note_refusal(session, user, address, now=now)
        raise WrongSignIn(
            N_("The e-mail address or the password is wrong. Check both and try again.")
        )
    if passwords.is_outdated(stored or ""):
        user.password_hash = passwords.hash_password(password)
    throttle_queries.clear(session, key_of(SIGN_IN_OF_ACCOUNT, account))
    throttle_queries.take_back(session, key_of(SIGN_IN_FROM_ADDRESS, network_of(address)))
    _note(session, user.email, f"user:{user.id}", "session.begun", address=address, now=now)
    token = begin_session(session, user, address=address, user_agent=user_agent, now=now)
    session.commit()
    return token


def _count(session: Session, account: str, address: str, *, now: datetime) -> None:
    try:
        count(session, SIGN_IN_FROM_ADDRESS, network_of(address), now=now)
        count(session, SIGN_IN_OF_ACCOUNT, account, now=now)
    except TooMany:
        session.commit()
        raise


def _find(session: Session, account: str) -> User | None:
    user = queries.find_by_email(session, account)
    return user if user is not None and queries.may_come_in(session, user) else None


def _note_refusal(session: Session, user: User | None, address: str, *, now: datetime) -> None:
    subject = f"user:{user.id}" if user else "user:unknown"
    _note(session, "signed out", subject, "sign_in.refused", address=address, now=now)
    session.commit()


def _note(
    session: Session, name: str, subject: str, action: str, *, address: str, now: datetime
) -> None:
    actor = Actor(name=name, permissions=frozenset(), scope=EVERYTHING, address=address)
    record(session, actor, action=action, subject=subject, now=now)
