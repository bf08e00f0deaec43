"""Telling the workers that there is something to do."""

from __future__ import annotations

from datetime import datetime

from panel.domain.decision import NO_PROVIDER
from panel.storage.database import Session
from panel.storage.queue import held
from panel.storage.queue.wakeup import notify

__all__ = ["notify", "release_held"]


def release_held(session: Session, *, now: datetime) -> int:
    """Makes mail due that waits for a usable provider; the caller commits.

    To be called after each change by which a provider may have become usable.
    """
    released = held.release_held(session, rule=NO_PROVIDER, now=now)
    notify(session)
    return released
