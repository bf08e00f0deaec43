"""Applications: found by the readable beginning of their token, their limits, their last use."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from panel.storage.models import Application, Partner


@dataclass(frozen=True, slots=True)
class KnownToken:
    """What is needed to tell whether a token is right, and whose it is."""

    id: int
    name: str
    partner_id: int | None
    token_hash: str = field(repr=False)
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an application may send."""

    streams: list[str]
    from_domains: list[str]


def find_token(session: Session, prefix: str) -> KnownToken | None:
    """The application whose token begins so; not a revoked one, none of a disabled partner."""
    statement = (
        select(
            Application.id,
            Application.name,
            Application.partner_id,
            Application.token_hash,
            Application.used_at,
        )
        .outerjoin(Partner, Partner.id == Application.partner_id)
        .where(
            Application.token_prefix == prefix,
            Application.revoked_at.is_(None),
            or_(Application.partner_id.is_(None), Partner.is_enabled),
        )
    )
    row = session.execute(statement).one_or_none()
    return KnownToken(**row._asdict()) if row else None


def find_bounds(session: Session, application_id: int) -> Bounds | None:
    """What the application may send, None when it was revoked."""
    statement = select(Application.streams, Application.from_domains).where(
        Application.id == application_id, Application.revoked_at.is_(None)
    )
    row = session.execute(statement).one_or_none()
    return Bounds(**row._asdict()) if row else None


def note_use(
    session: Session, application_id: int, *, now: datetime, unless_after: datetime
) -> None:
    """Writes the last use, unless one after `unless_after` stands there already."""
    session.execute(
        update(Application)
        .where(
            Application.id == application_id,
            or_(Application.used_at.is_(None), Application.used_at <= unless_after),
        )
        .values(used_at=now)
    )


def add(session: Session, application: Application) -> int:
    """Stores a new application; its id."""
    session.add(application)
    session.flush()
    return application.id
