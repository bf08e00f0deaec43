"""Applications: found by the readable beginning of their token, their limits, their last use."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, Table, bindparam, or_, select, update
from sqlalchemy.orm import Session

from panel.domain.quota import Quota
from panel.storage.models import Application, Partner
from panel.storage.queue.statement import Statement

_APPLICATIONS = cast("Table", Application.__table__)
_PARTNERS = cast("Table", Partner.__table__)
_IS_USABLE = (
    _APPLICATIONS.c.revoked_at.is_(None),
    or_(_APPLICATIONS.c.partner_id.is_(None), _PARTNERS.c.is_enabled),
)
_WITH_PARTNER = _APPLICATIONS.outerjoin(_PARTNERS, _PARTNERS.c.id == _APPLICATIONS.c.partner_id)
_TOKEN = (
    select(
        _APPLICATIONS.c.id,
        _APPLICATIONS.c.name,
        _APPLICATIONS.c.partner_id,
        _APPLICATIONS.c.token_hash,
        _APPLICATIONS.c.used_at,
        _APPLICATIONS.c.rights,
    )
    .select_from(_WITH_PARTNER)
    .where(_APPLICATIONS.c.token_prefix == bindparam("prefix"), *_IS_USABLE)
)
# Needed for every mail that comes in. PostgreSQL's driver would parse JSON, that of SQLite not.
_BOUNDS_OF = """
SELECT a.id, CAST(a.streams AS text), CAST(a.from_domains AS text), p.hourly_quota, p.daily_quota
FROM applications AS a LEFT JOIN partners AS p ON p.id = a.partner_id
WHERE a.id IN (IDS) AND a.revoked_at IS NULL AND (a.partner_id IS NULL OR p.is_enabled)"""
_BOUNDS = Statement(
    _BOUNDS_OF.replace("IDS", "SELECT value FROM json_each(:ids)"),
    postgresql=_BOUNDS_OF.replace(
        "IDS", "SELECT CAST(value AS bigint) FROM json_array_elements_text(CAST(:ids AS json))"
    ),
)


@dataclass(frozen=True, slots=True)
class KnownToken:
    """What is needed to tell whether a token is right, and whose it is."""

    id: int
    name: str
    partner_id: int | None
    token_hash: str = field(repr=False)
    used_at: datetime | None
    rights: list[str]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an application may send."""

    streams: list[str]
    from_domains: list[str]
    quota: Quota = Quota()
    """Of its partner."""


def find_token(session: Session, prefix: str) -> KnownToken | None:
    """The application whose token begins so; not a revoked one, none of a disabled partner."""
    row = session.connection().execute(_TOKEN, {"prefix": prefix}).one_or_none()
    return KnownToken(*row) if row else None


def find_bounds(connection: Connection, application_ids: Collection[int]) -> dict[int, Bounds]:
    """What each application may send; none that was revoked, none of a disabled partner."""
    if not application_ids:
        return {}
    rows = _BOUNDS.rows_on(connection, ids=json.dumps([*application_ids]))
    return {
        application_id: Bounds(json.loads(streams), json.loads(domains), Quota(hourly, daily))
        for application_id, streams, domains, hourly, daily in rows
    }


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
