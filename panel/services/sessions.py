"""Signed-in browsers: a random token in a cookie, its hash in a row, limits on age and idleness."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from panel.domain.permission import Actor, Permission, user_actor
from panel.services.access import authorise
from panel.services.audit import record
from panel.storage.database import Session
from panel.storage.models import User, UserSession
from panel.storage.queries import sessions as queries

IDLE_LIMIT = timedelta(hours=8)
ABSOLUTE_LIMIT = timedelta(days=7)
SEEN_INTERVAL = timedelta(minutes=1)
"""`seen_at` is written at most that often."""
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a signed-in person."""

    actor: Actor
    user_name: str
    is_to_be_noted: bool
    """Whether `note_visit` has something to write."""


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One signed-in browser as its owner sees it."""

    id: int
    address: str
    user_agent: str
    created_at: datetime
    seen_at: datetime
    is_current: bool


def new_token() -> str:
    """256 random bits for a cookie or a link."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256, hexadecimal."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_session(
    session: Session, user: User, *, address: str, user_agent: str, now: datetime
) -> str:
    """A new session for a user who has just proved to be it; the token. The caller commits."""
    token = new_token()
    user.signed_in_at = now
    session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE_LIMIT,
            address=address[:45],
            user_agent=user_agent[:200],
        )
    )
    return token


def recognise(session: Session, token: str, *, address: str, now: datetime) -> Visit | None:
    """Who sent this token; None when it is unknown, ended or too old. Writes nothing."""
    if not token or len(token) > 100:
        return None
    live = queries.find_live(session, token_hash(token), now=now, idle_since=now - IDLE_LIMIT)
    if live is None:
        return None
    user = live.user
    actor = user_actor(
        user_id=user.id,
        email=user.email,
        role=user.role,
        partner_id=user.partner_id,
        session_id=live.row.id,
        language=user.language,
        address=address,
        may_read_bodies=user.may_read_bodies,
    )
    is_to_be_noted = live.row.seen_at <= now - SEEN_INTERVAL
    return Visit(actor=actor, user_name=user.name, is_to_be_noted=is_to_be_noted)


def note_visit(session: Session, visit: Visit, *, now: datetime) -> None:
    """Keeps the session from becoming idle; safe when several requests do it at once."""
    if visit.actor.session_id is not None:
        queries.mark_seen(
            session, visit.actor.session_id, now=now, unless_after=now - SEEN_INTERVAL
        )
        session.commit()


def sign_out(session: Session, actor: Actor, *, now: datetime) -> None:
    """Ends the session that the actor came with; its token is worth nothing afterwards."""
    authorise(actor, Permission.OWN_ACCOUNT)
    if actor.session_id is not None:
        queries.end_session(session, actor.session_id, now=now)
        record(session, actor, action="session.ended", subject=f"user:{actor.user_id}", now=now)
        session.commit()


def own_sessions(session: Session, actor: Actor, *, now: datetime) -> list[SessionLine]:
    """The browsers in which the actor is signed in, the one used last first."""
    authorise(actor, Permission.OWN_ACCOUNT)
    if actor.user_id is None:
        return []
    rows = queries.live_of_user(session, actor.user_id, now=now, idle_since=now - IDLE_LIMIT)
    return [
        SessionLine(
            id=row.id,
            address=row.address,
            user_agent=row.user_agent,
            created_at=row.created_at,
            seen_at=row.seen_at,
            is_current=row.id == actor.session_id,
        )
        for row in rows
    ]


def end_other_sessions(session: Session, actor: Actor, *, now: datetime) -> int:
    """Signs the actor out everywhere but here; says how many sessions ended."""
    authorise(actor, Permission.OWN_ACCOUNT)
    if actor.user_id is None:
        return 0
    ended = queries.end_sessions(session, actor.user_id, now=now, keep_id=actor.session_id)
    record(
        session,
        actor,
        action="session.others_ended",
        subject=f"user:{actor.user_id}",
        after={"ended": ended},
        now=now,
    )
    session.commit()
    return ended
