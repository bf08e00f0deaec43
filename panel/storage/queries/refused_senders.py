"""Senders that a provider refused a while ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from panel.storage.models import RefusedSender


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the provider said, and until when that counts."""

    said: str
    until: datetime


def refusal_of(session: Session, provider_id: int, sender: str, *, now: datetime) -> Refusal | None:
    """Why the provider does not send for this From; None where it has not said so lately."""
    row = session.execute(
        select(RefusedSender.said, RefusedSender.until).where(
            RefusedSender.provider_id == provider_id,
            RefusedSender.sender == sender,
            RefusedSender.until > now,
        )
    ).one_or_none()
    return Refusal(row.said, row.until) if row else None
