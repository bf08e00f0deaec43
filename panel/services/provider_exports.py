"""Exporting the house's providers: settings and order, never a secret."""

from __future__ import annotations

from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.provider_document import entry_of, written
from panel.storage.database import Session
from panel.storage.queries import providers as queries


def export(session: Session, actor: Actor, *, now: datetime) -> str:
    """The document of the house's list, in its order."""
    authorise(actor, Permission.SEE_PROVIDERS)
    rows = queries.listed(session, None, scope=actor.scope)
    return written((entry_of(row.provider) for row in rows), at=now)
