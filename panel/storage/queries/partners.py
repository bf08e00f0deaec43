"""Partners: one by its slug, and all by name."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from panel.storage.models import Partner

MOST_LISTED = 500
"""Partners that a choice offers; others are chosen by their slug in the address."""


def listed(session: Session) -> Sequence[Partner]:
    """The first 500 by name."""
    statement = select(Partner).order_by(Partner.name, Partner.id).limit(MOST_LISTED)
    return session.scalars(statement).all()


def find_by_slug(session: Session, slug: str) -> Partner | None:
    """The partner with this slug."""
    return session.scalar(select(Partner).where(Partner.slug == slug))


def find(session: Session, partner_id: int) -> Partner | None:
    """The partner of that id."""
    return session.get(Partner, partner_id)


def insert_partner(session: Session, partner: Partner) -> bool:
    """Adds a partner; False when the slug is taken, even by somebody quicker."""
    try:
        with session.begin_nested():
            session.add(partner)
    except IntegrityError:
        return False
    return True
