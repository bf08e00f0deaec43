"""How lists look for a mail by whom it goes to, or by what it is about."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from panel.storage.models import Delivery, Message

MOST = 500
"""Deliveries that the index of addresses names; a beginning that fits more is looked for in a
window, where it is met soon."""
_LAST = "\U0010ffff"


def recipient_starts(wanted: str) -> ColumnElement[bool]:
    """Whether the address is this one or begins like it; capital letters do not matter."""
    return func.lower(Delivery.recipient).startswith(wanted.lower(), autoescape=True)


def subject_has(wanted: str) -> ColumnElement[bool]:
    """Whether this is a part of the subject; capital letters do not matter."""
    return func.lower(Message.subject).contains(wanted.lower(), autoescape=True)


def deliveries_to(session: Session, wanted: str) -> list[int] | None:
    """All deliveries to this address, or to those that begin so; None when they are very many.

    By index, whoever's they are: the caller narrows them to what its reader may see.
    """
    found = select(Delivery.id).where(_lies_between(session, wanted.lower())).limit(MOST + 1)
    ids = list(session.scalars(found))
    return None if len(ids) > MOST else ids


def _lies_between(session: Session, begins: str) -> ColumnElement[bool]:
    address, last = func.lower(Delivery.recipient), begins + _LAST
    if session.get_bind().dialect.name == "sqlite":
        return address.between(begins, last)
    # The order of bytes, as the index has it: others do not keep equal beginnings together.
    return address.op("~>=~")(begins) & address.op("~<=~")(last)
