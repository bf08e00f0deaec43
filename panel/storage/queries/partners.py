"""Partners, found by their slug."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from panel.storage.models import Partner


def find_by_slug(session: Session, slug: str) -> Partner | None:
    """The partner with this slug."""
    return session.scalar(select(Partner).where(Partner.slug == slug))


def insert_partner(session: Session, partner: Partner) -> bool:
    """Adds a partner; False when the slug is taken, even by somebody quicker."""
    try:
        with session.begin_nested():
            session.add(partner)
    except IntegrityError:
        return False
    return True
