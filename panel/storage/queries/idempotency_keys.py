"""Keys by which a submission may be repeated: taken before it is stored, answered with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from panel.storage.models import IdempotencyKey


@dataclass(frozen=True, slots=True)
class FirstUse:
    """The submission that took the key, and its answer."""

    body_hash: str
    answer: dict[str, Any]


def take(
    session: Session, application_id: int, key: str, *, body_hash: str, now: datetime
) -> FirstUse | None:
    """Takes the key for this transaction; None when it was free, else its first use.

    Somebody who is using it in another transaction is waited for: PostgreSQL's INSERT waits for
    the row's fate, SQLite has one writer at a time. If that transaction is undone the key is free.
    """
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    taken = session.execute(
        insert(IdempotencyKey)
        .values(
            application_id=application_id, key=key, body_hash=body_hash, answer={}, created_at=now
        )
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    ).one_or_none()
    if taken is not None:
        return None
    row = session.execute(
        select(IdempotencyKey.body_hash, IdempotencyKey.answer).where(
            IdempotencyKey.application_id == application_id, IdempotencyKey.key == key
        )
    ).one()
    return FirstUse(**row._asdict())


def answer(session: Session, application_id: int, key: str, value: dict[str, Any]) -> None:
    """Keeps the answer with the key that this transaction took."""
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.application_id == application_id, IdempotencyKey.key == key)
        .values(answer=value)
    )
