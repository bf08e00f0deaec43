"""Signed-in browsers: found by their token, kept alive, ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from panel.storage.models import Partner, User, UserSession


@dataclass(frozen=True, slots=True)
class LiveSession:
    """A session that may be used, and whose it is."""

    row: UserSession
    user: User


def find_live(
    session: Session, token_hash: str, *, now: datetime, idle_since: datetime
) -> LiveSession | None:
    """The session of a token: not ended, not too old, not idle, of a user who may come in."""
    found = session.execute(
        select(UserSession, User)
        .join(User, User.id == UserSession.user_id)
        .outerjoin(Partner, Partner.id == User.partner_id)
        .where(
            UserSession.token_hash == token_hash,
            UserSession.ended_at.is_(None),
            UserSession.expires_at > now,
            UserSession.seen_at > idle_since,
            User.is_enabled,
            or_(Partner.id.is_(None), Partner.is_enabled),
        )
    ).one_or_none()
    return None if found is None else LiveSession(found[0], found[1])


def live_of_user(
    session: Session, user_id: int, *, now: datetime, idle_since: datetime
) -> list[UserSession]:
    """All usable sessions of a user, the one seen last first."""
    return list(
        session.scalars(
            select(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.ended_at.is_(None),
                UserSession.expires_at > now,
                UserSession.seen_at > idle_since,
            )
            .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
        )
    )


def mark_seen(session: Session, session_id: int, *, now: datetime, unless_after: datetime) -> None:
    """Notes that the session was used, unless it was noted after `unless_after` already."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.seen_at <= unless_after)
        .values(seen_at=now)
    )


def end_session(session: Session, session_id: int, *, now: datetime) -> None:
    """Makes one session unusable."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_sessions(
    session: Session, user_id: int, *, now: datetime, keep_id: int | None = None
) -> int:
    """Makes all sessions of a user unusable but the one to keep; says how many there were."""
    ended = session.scalars(
        update(UserSession)
        .where(
            UserSession.user_id == user_id,
            UserSession.ended_at.is_(None),
            UserSession.id != (keep_id if keep_id is not None else -1),
        )
        .values(ended_at=now)
        .returning(UserSession.id)
    )
    return len(ended.all())
