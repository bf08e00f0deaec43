"""Duplicating a provider: the settings twice, the password once."""

from __future__ import annotations

from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.provider_audit import settings_of, subject_of
from panel.services.provider_checks import LONGEST
from panel.services.provider_lists import held, note_list_change
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queries import providers as queries


def duplicate(session: Session, actor: Actor, *, provider_id: int, now: datetime) -> Provider:
    """An inactive, untested copy right below the provider, without its stored password.

    A secret belongs to one identity of one provider; the copy's own has to be entered.
    """
    authorise(actor, Permission.CHANGE_PROVIDERS)
    original, whole = held(session, actor, provider_id)
    own = {"name": _free_name(session, original), "is_active": False}
    copy = Provider(**(settings_of(original) | own), partner_id=original.partner_id)
    copy.created_at, copy.updated_at = now, now
    _place_below(session, actor, original, copy)
    session.add(copy)
    session.flush()
    note_list_change(session, whole, by=actor.name, now=now)
    record(
        session,
        actor,
        action="provider.duplicated",
        subject=subject_of(copy),
        after=settings_of(copy) | {"copy_of": subject_of(original)},
        partner_id=copy.partner_id,
        now=now,
    )
    session.commit()
    return copy


def _free_name(session: Session, original: Provider) -> str:
    """`NAME (copy)`, or with the first number that no other provider of the owner has."""
    number = 1
    while True:
        name = _copy_name(original.name, number)
        if not queries.is_name_taken(session, original.partner_id, name=name, except_id=None):
            return name
        number += 1


def _copy_name(name: str, number: int) -> str:
    ending = " (copy)" if number == 1 else f" (copy {number})"
    return name[: LONGEST["name"] - len(ending)].rstrip() + ending


def _place_below(session: Session, actor: Actor, original: Provider, copy: Provider) -> None:
    rows = queries.listed(session, original.partner_id, scope=actor.scope)
    order = [row.provider for row in rows]
    order.insert(order.index(original) + 1, copy)
    for position, provider in enumerate(order):
        provider.position = position
