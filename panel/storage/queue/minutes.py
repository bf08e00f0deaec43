"""What came of the attempts at each provider, minute by minute, added up over all workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from panel.storage.database import Session
from panel.storage.models import ProviderMinute


@dataclass(slots=True)
class Sums:
    """Numbers of attempts, and the milliseconds that the sent ones took together."""

    sent: int = 0
    refused: int = 0
    failed: int = 0
    sending_ms: int = 0


def add(session: Session, provider_id: int, minutes: Mapping[datetime, Sums]) -> None:
    """Adds to what is known of these minutes of one provider; the caller commits."""
    insert: Any = (
        sqlite.insert if session.get_bind().dialect.name == "sqlite" else (postgresql.insert)
    )
    for minute_at, sums in sorted(minutes.items()):
        statement = insert(ProviderMinute).values(
            provider_id=provider_id,
            minute_at=minute_at,
            sent=sums.sent,
            refused=sums.refused,
            failed=sums.failed,
            sending_ms=sums.sending_ms,
        )
        names = ("sent", "refused", "failed", "sending_ms")
        added = {name: _column(name) + statement.excluded[name] for name in names}
        session.execute(
            statement.on_conflict_do_update(index_elements=["provider_id", "minute_at"], set_=added)
        )


def _column(name: str) -> Any:
    return getattr(ProviderMinute, name)
