"""How lists look for a recipient."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func

from panel.storage.models import Delivery


def recipient_starts(wanted: str) -> ColumnElement[bool]:
    """Whether the address is this one or begins like it; capital letters do not matter."""
    return func.lower(Delivery.recipient).startswith(wanted.lower(), autoescape=True)
