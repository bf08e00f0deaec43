"""Puts a history into an empty, migrated database: in large transactions, indexes last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Connection, Engine, text

from panel.domain.provider import Encryption, ProviderType, ServiceType
from panel.storage.database import Base, make_engine, session_for
from panel.storage.models import Partner, Provider
from tools.history import columns
from tools.history.measures import Measures
from tools.history.spread import DIALECTS, Cast

AT_ONCE = 500_000
"""Rows of one transaction."""
UNGUARDED = {
    "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF"),
    "postgresql": ("SET session_replication_role = replica",),
}
TABLES = ("messages", "deliveries", "attempts")


def fill(
    url: str, *, waiting: int, attempts: int, tell: Callable[[str], None] = lambda _: None
) -> Measures:
    """Makes so much mail, with partners and providers of its own; what was made.

    The database has no mail yet. On PostgreSQL only a superuser may do it: rows come in without a
    look at their foreign keys.
    """
    measures = Measures(attempts, waiting, datetime.now(UTC))
    engine = make_engine(url)
    try:
        players = _cast(engine, measures.now)
        with _unguarded(engine) as connection:
            for table, rows, statement in _statements(connection.dialect.name, players, measures):
                tell(f"{rows:,} {table}")
                _insert(connection, statement, rows, measures)
            tell("indexes")
    finally:
        engine.dispose()
    return measures


def _cast(engine: Engine, now: datetime) -> Cast:
    with session_for(engine) as session:
        partners = [
            Partner(slug=f"partner-{at}", name=f"Partner {at}", created_at=now)
            for at in range(1, 13)
        ]
        providers = [_provider(at, now) for at in range(1, 5)]
        session.add_all([*partners, *providers])
        session.commit()
        return Cast([one.id for one in partners], [one.id for one in providers])


def _provider(at: int, now: datetime) -> Provider:
    return Provider(
        type=ProviderType.SMTP,
        driver="smtp",
        name=f"relay-{at}",
        host=f"relay-{at}.test",
        port=587,
        encryption=Encryption.TLS,
        from_email="post@house.test",
        service_type=ServiceType.FALLBACK,
        position=at,
        created_at=now,
        updated_at=now,
    )


def _statements(kind: str, players: Cast, measures: Measures) -> Iterator[tuple[str, int, str]]:
    dialect = DIALECTS[kind]
    deliveries = columns.deliveries(dialect, players)
    messages = f"{deliveries} WHERE d % 10 <> 9"
    made = columns.message_columns(dialect)
    yield "messages", measures.deliveries, _selecting("messages", made, messages)
    made = columns.delivery_columns(dialect, players)
    yield "deliveries", measures.deliveries, _selecting("deliveries", made, deliveries)
    rows = columns.attempts(dialect, players)
    yield "attempts", measures.places, _selecting("attempts", columns.attempt_columns(), rows)


def _selecting(table: str, made: dict[str, str], rows: str) -> str:
    return f"INSERT INTO {table} ({', '.join(made)}) SELECT {', '.join(made.values())} FROM {rows}"


def _insert(connection: Connection, statement: str, rows: int, measures: Measures) -> None:
    values = {**measures.values, "line_end": "\r\n"}
    for first in range(1, rows + 1, AT_ONCE):
        span = {"first": first, "last": min(first + AT_ONCE - 1, rows)}
        connection.execute(text(statement), values | span)
        connection.commit()


@contextmanager
def _unguarded(engine: Engine) -> Iterator[Connection]:
    """A connection without foreign keys, to tables whose further indexes are made at its end."""
    kind = engine.dialect.name
    every = (index for name in TABLES for index in Base.metadata.tables[name].indexes)
    indexes = [index for index in every if not index.unique]  # other tables refer to those
    with engine.execution_options(writes=True).connect() as connection:
        driver = cast(Any, connection.connection.driver_connection)
        for setting in UNGUARDED[kind]:
            driver.execute(setting)
        driver.commit()
        for index in indexes:
            index.drop(connection)
        connection.commit()
        yield connection
        for index in indexes:
            index.create(connection)
            connection.commit()
        if kind == "postgresql":
            for table in ("deliveries", "attempts"):
                last = f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))"
                connection.exec_driver_sql(last)
        connection.commit()
        # The connection goes back to nobody: its settings end with it.
        connection.invalidate()
