"""What came of the attempts at each provider, minute by minute and quarter of an hour by quarter,
added up over all workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from panel.storage.database import Session
from panel.storage.models import ProviderMinute, ProviderQuarter
from panel.storage.queries.traffic import quarter_of

_NAMES = ("sent", "refused", "failed", "sending_ms")


@dataclass(slots=True)
class Sums:
    """Numbers of attempts, and the milliseconds that the sent ones took together."""

    sent: int = 0
    refused: int = 0
    failed: int = 0
    sending_ms: int = 0


def add(session: Session, provider_id: int, minutes: Mapping[datetime, Sums]) -> None:
    """Adds to what is known of these minutes of one provider, and of the quarters of an hour that
    they lie in; the caller commits.
    """
    quarters: dict[datetime, Sums] = {}
    for minute_at, sums in sorted(minutes.items()):
        _put(session, ProviderMinute, {"provider_id": provider_id, "minute_at": minute_at}, sums)
        quarter = quarters.setdefault(quarter_of(minute_at), Sums())
        for name in _NAMES:
            setattr(quarter, name, getattr(quarter, name) + getattr(sums, name))
    for quarter_at, sums in quarters.items():
        _put(session, ProviderQuarter, {"quarter_at": quarter_at, "provider_id": provider_id}, sums)


def _put(session: Session, table: Any, key: dict[str, Any], sums: Sums) -> None:
    insert: Any = (
        sqlite.insert if session.get_bind().dialect.name == "sqlite" else (postgresql.insert)
    )
    statement = insert(table).values(**key, **{name: getattr(sums, name) for name in _NAMES})
    added = {name: getattr(table, name) + statement.excluded[name] for name in _NAMES}
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=added))
