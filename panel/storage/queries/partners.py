"""Partners: one by its slug, all by name, and pages of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from panel.domain.permission import Scope
from panel.storage.models import Partner
from panel.storage.queries.paging import Cursor, Page, Search, page
from panel.storage.scope import within

MOST_LISTED = 500
"""Partners that a choice offers; others are chosen by their slug in the address."""
_IS_PRESENT = Partner.deleted_at.is_(None)
_LONGEST_SLUG = 63


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """One line of the list of partners."""

    id: int
    slug: str
    name: str
    is_enabled: bool
    may_use_house: bool
    created_at: datetime


def listed(session: Session) -> Sequence[Partner]:
    """The first 500 by name."""
    statement = select(Partner).where(_IS_PRESENT).order_by(Partner.name, Partner.id)
    return session.scalars(statement.limit(MOST_LISTED)).all()


def names(session: Session, ids: Collection[int]) -> dict[int, str]:
    """What these are called, those that were deleted included."""
    statement = select(Partner.id, Partner.name).where(Partner.id.in_(ids))
    return dict(session.execute(statement).all()) if ids else {}


def partner_page(session: Session, *, words: str, cursor: Cursor) -> Page[PartnerRow]:
    """One page, newest first; `words` stand anywhere in a name or a slug."""
    columns = (
        Partner.id,
        Partner.slug,
        Partner.name,
        Partner.is_enabled,
        Partner.may_use_house,
        Partner.created_at,
    )
    rows = select(*columns).where(_IS_PRESENT)
    if words:
        wanted = words.lower()
        in_name = func.lower(Partner.name).contains(wanted, autoescape=True)
        rows = rows.where(or_(in_name, Partner.slug.contains(wanted, autoescape=True)))
    search = Search(
        candidates=select(Partner.id).where(_IS_PRESENT),
        rows=rows,
        column=Partner.id,
        is_filtered=bool(words),
    )
    return page(session, search, cursor, build=lambda row: PartnerRow(**row._asdict()))


def find_by_slug(session: Session, slug: str) -> Partner | None:
    """The partner with this slug."""
    return session.scalar(select(Partner).where(Partner.slug == slug, _IS_PRESENT))


def find_within(session: Session, slug: str, *, scope: Scope) -> Partner | None:
    """The partner with this slug as it is now, None when it is outside the scope."""
    statement = within(select(Partner).where(Partner.slug == slug, _IS_PRESENT), Partner.id, scope)
    return session.scalar(statement, execution_options={"populate_existing": True})


def find(session: Session, partner_id: int) -> Partner | None:
    """The partner of that id, deleted or not."""
    return session.get(Partner, partner_id)


def insert_partner(session: Session, partner: Partner) -> bool:
    """Adds a partner; False when the slug is taken, even by somebody quicker."""
    try:
        with session.begin_nested():
            session.add(partner)
    except IntegrityError:
        return False
    return True


def bury(partner: Partner, *, now: datetime) -> None:
    """Makes a tombstone of the row; its slug becomes one that nobody can have."""
    mark = f"~{partner.id}"
    partner.slug = partner.slug[: _LONGEST_SLUG - len(mark)] + mark
    partner.is_enabled, partner.may_use_house = False, False
    partner.deleted_at = now
