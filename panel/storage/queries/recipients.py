"""How lists look for a mail by whom it goes to, or by what it is about."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func

from panel.storage.models import Delivery, Message


def recipient_starts(wanted: str) -> ColumnElement[bool]:
    """Whether the address is this one or begins like it; capital letters do not matter."""
    return func.lower(Delivery.recipient).startswith(wanted.lower(), autoescape=True)


def subject_has(wanted: str) -> ColumnElement[bool]:
    """Whether this is a part of the subject; capital letters do not matter."""
    return func.lower(Message.subject).contains(wanted.lower(), autoescape=True)
