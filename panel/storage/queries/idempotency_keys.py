"""Keys by which a submission may be repeated: taken before it is stored, answered with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast

from sqlalchemy import Connection, Table, bindparam, delete, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from panel.storage.models import IdempotencyKey

_KEYS = cast("Table", IdempotencyKey.__table__)
_TAKE = {
    "sqlite": sqlite.insert(_KEYS).on_conflict_do_nothing(),
    "postgresql": postgresql.insert(_KEYS).on_conflict_do_nothing(),
}
_TAKEN = (_KEYS.c.application_id, _KEYS.c.key)
_FIRST_USES = select(*_TAKEN, _KEYS.c.body_hash, _KEYS.c.answer).where(
    tuple_(*_TAKEN).in_(bindparam("keys", expanding=True))
)
_ANSWER = (
    update(_KEYS)
    .where(_KEYS.c.application_id == bindparam("of"), _KEYS.c.key == bindparam("named"))
    .values(answer=bindparam("given"))
)


class Key(NamedTuple):
    """The name that an application gave to a submission."""

    application_id: int
    key: str


@dataclass(frozen=True, slots=True)
class FirstUse:
    """The submission that took the key, and its answer."""

    body_hash: str
    answer: dict[str, Any]


def take(connection: Connection, wanted: Mapping[Key, str], *, now: datetime) -> frozenset[Key]:
    """Takes keys for this transaction, each for the body whose hash it maps to; those got.

    Somebody who is using one in another transaction is waited for: PostgreSQL's INSERT waits for
    the row's fate, SQLite has one writer at a time. If that transaction is undone the key is free.
    All take them in the same order, so that no two transactions ever wait for each other.
    """
    if not wanted:
        return frozenset()
    taken = connection.execute(
        _TAKE[connection.dialect.name].returning(*_TAKEN),
        [
            {
                "application_id": key.application_id,
                "key": key.key,
                "body_hash": wanted[key],
                "answer": {},
                "created_at": now,
            }
            for key in sorted(wanted)
        ],
    )
    return frozenset(Key(*row) for row in taken)


def give_back(connection: Connection, keys: Collection[Key]) -> None:
    """Leaves keys free that this transaction took."""
    if keys:
        gone = delete(_KEYS).where(tuple_(*_TAKEN).in_([tuple(key) for key in keys]))
        connection.execute(gone)


def first_uses(connection: Connection, keys: Collection[Key]) -> dict[Key, FirstUse]:
    """Who took these keys; those that nobody took are not among them."""
    if not keys:
        return {}
    rows = connection.execute(_FIRST_USES, {"keys": [tuple(key) for key in keys]})
    return {
        Key(application_id, key): FirstUse(body_hash, answer)
        for application_id, key, body_hash, answer in rows
    }


def answer(connection: Connection, answers: Mapping[Key, dict[str, Any]]) -> None:
    """Keeps the answers with the keys that this transaction took."""
    if not answers:
        return
    connection.execute(
        _ANSWER,
        [
            {"of": key.application_id, "named": key.key, "given": value}
            for key, value in answers.items()
        ],
    )
