"""What is remembered of a provider's health by a person's edit or by a test."""

from __future__ import annotations

from datetime import UTC, datetime

from panel.domain.connection_test import ConnectionTest
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queue.health import forget_faults, learn_certificate


def reset(session: Session, provider_id: int) -> None:
    """Closes the provider's breaker and forgets the senders it refused; the caller commits."""
    forget_faults(session, provider_id, now=datetime.now(UTC))


def note_certificate(session: Session, provider: Provider, test: ConnectionTest) -> None:
    """Keeps until when the certificate holds that a test has seen; the caller commits."""
    if test.tls is not None and test.tls.ends_at is not None:
        learn_certificate(session, provider.id, of=provider.host_and_port, ends_at=test.tls.ends_at)
