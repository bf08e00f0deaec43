"""Forgetting a provider's faults once a person has edited or tested it."""

from __future__ import annotations

from datetime import UTC, datetime

from panel.storage.database import Session
from panel.storage.queue.health import forget_faults


def reset(session: Session, provider_id: int) -> None:
    """Closes the provider's breaker and forgets the senders it refused; the caller commits."""
    forget_faults(session, provider_id, now=datetime.now(UTC))
