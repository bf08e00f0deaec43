"""Providers of an owner in their order, with their health, and the versions that guard changes.

Whoever changes a list or a member of it holds the list first (`hold_list`), so that two people
who change it at once take turns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Update, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from panel.domain.permission import Scope
from panel.domain.provider import ServiceType
from panel.storage.models import Provider, ProviderHealth, ProviderList
from panel.storage.scope import within


@dataclass(frozen=True, slots=True)
class Listed:
    """A provider of the list; `health` is None while it never had a fault."""

    provider: Provider
    health: ProviderHealth | None


def listed(session: Session, partner_id: int | None, *, scope: Scope) -> list[Listed]:
    """All providers of one owner (None: the house) in their order, primaries first."""
    statement = (
        select(Provider, ProviderHealth)
        .outerjoin(ProviderHealth, ProviderHealth.provider_id == Provider.id)
        .where(_present_of(partner_id))
        .order_by(Provider.service_type.desc(), Provider.position, Provider.id)
    )
    rows = session.execute(within(statement, Provider.partner_id, scope), execution_options=_FRESH)
    return [Listed(provider, health) for provider, health in rows]


def find(session: Session, provider_id: int, *, scope: Scope) -> Provider | None:
    """The provider as it is now, None when it is deleted or outside the scope."""
    statement = select(Provider).where(Provider.id == provider_id, Provider.deleted_at.is_(None))
    return session.scalar(within(statement, Provider.partner_id, scope), execution_options=_FRESH)


def names_of(session: Session, provider_ids: Collection[int]) -> dict[int, str]:
    """What providers are called, deleted ones too."""
    statement = select(Provider.id, Provider.name).where(Provider.id.in_(provider_ids))
    return {row.id: row.name for row in session.execute(statement)} if provider_ids else {}


def is_name_taken(
    session: Session, partner_id: int | None, *, name: str, except_id: int | None
) -> bool:
    """Whether another provider of the owner has this name, in whatever case."""
    is_other = Provider.id != except_id if except_id is not None else Provider.id.is_not(None)
    same_name = func.lower(Provider.name) == func.lower(name)
    found = session.scalar(select(exists().where(_present_of(partner_id), is_other, same_name)))
    return bool(found)


def name_keys(session: Session, names: Iterable[str]) -> dict[str, str]:
    """What names are told apart by, in whatever case: alike in `is_name_taken`."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return {}
    row = session.execute(
        select(*(func.lower(name).label(f"n{i}") for i, name in enumerate(wanted)))
    )
    return dict(zip(wanted, row.one(), strict=True))


def is_last_active(session: Session, provider: Provider) -> bool:
    """Whether it is active and no other provider of its owner is."""
    others = exists().where(
        _present_of(provider.partner_id), Provider.is_active, Provider.id != provider.id
    )
    return provider.is_active and not session.scalar(select(others))


def has_primary(session: Session, partner_id: int | None, *, except_id: int | None = None) -> bool:
    """Whether the owner has a primary provider, active or not; another one than `except_id`."""
    return _has(session, partner_id, ServiceType.PRIMARY, except_id)


def has_fallback(session: Session, partner_id: int | None) -> bool:
    """Whether the owner has a fallback provider, active or not."""
    return _has(session, partner_id, ServiceType.FALLBACK, None)


def _has(
    session: Session, partner_id: int | None, kind: ServiceType, except_id: int | None
) -> bool:
    is_other = Provider.id != except_id if except_id is not None else Provider.id.is_not(None)
    of_kind = Provider.service_type == kind
    return bool(session.scalar(select(exists().where(_present_of(partner_id), is_other, of_kind))))


def the_list(session: Session, partner_id: int | None) -> ProviderList | None:
    """The owner's list, None until something was put into it."""
    statement = select(ProviderList).where(ProviderList.owner == _owner(partner_id))
    return session.scalar(statement, execution_options=_FRESH)


def hold_list(session: Session, partner_id: int | None) -> ProviderList:
    """The owner's list, made if need be; others who want to change it wait for this transaction."""
    # SQLite has no row locks: there the transaction itself began as the only writer.
    statement = (
        select(ProviderList).where(ProviderList.owner == _owner(partner_id)).with_for_update()
    )
    whole = session.scalar(statement, execution_options=_FRESH)
    if whole is not None:
        return whole
    insert = postgresql.insert if _is_postgresql(session) else sqlite.insert
    row = {"owner": _owner(partner_id), "version": 0, "changed_by": ""}
    session.execute(insert(ProviderList).values(row).on_conflict_do_nothing())
    return session.scalars(statement, execution_options=_FRESH).one()


def bump_list(
    session: Session, held: ProviderList, *, expected: int, by: str, now: datetime
) -> bool:
    """Raises the version of the list; False when it is not `expected` any more."""
    statement = (
        update(ProviderList)
        .where(ProviderList.id == held.id, ProviderList.version == expected)
        .values(version=ProviderList.version + 1, changed_at=now, changed_by=by)
    )
    return _changed_one(session, statement)


def bump_provider(session: Session, provider: Provider, *, expected: int, now: datetime) -> bool:
    """Raises the version of the provider; False when it is not `expected` any more."""
    statement = (
        update(Provider)
        .where(
            Provider.id == provider.id, Provider.version == expected, Provider.deleted_at.is_(None)
        )
        .values(version=Provider.version + 1, updated_at=now)
    )
    return _changed_one(session, statement)


_FRESH = {"populate_existing": True}
"""What the session remembers of an earlier transaction may be out of date."""


def _changed_one(session: Session, statement: Update) -> bool:
    session.flush()
    result = session.execute(statement, execution_options={"synchronize_session": "fetch"})
    return cast("CursorResult[Any]", result).rowcount == 1


def _present_of(partner_id: int | None) -> ColumnElement[bool]:
    return Provider.partner_id.is_not_distinct_from(partner_id) & Provider.deleted_at.is_(None)


def _owner(partner_id: int | None) -> str:
    return "house" if partner_id is None else f"partner:{partner_id}"


def _is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"
