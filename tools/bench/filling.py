"""Putting mail into a queue before a row begins: by the usual way, or very many by SQL."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from sqlalchemy import Connection, insert, select, text

from panel.domain.submission import InvalidSubmission
from panel.sending.compose import compose
from panel.sending.submit import submit_many
from panel.storage.database import make_engine, session_for
from panel.storage.models import Content, Delivery, Message
from tools.bench.databases import settle
from tools.bench.line import NotMeasured
from tools.bench.mail import submission

AT_ONCE = 500
BODIES = 1000
"""Mails of a large backlog share so many bodies, as those of a campaign do."""
SERIES = {
    "sqlite": "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :mails) "
    "SELECT i FROM n)",
    "postgresql": "(SELECT generate_series(1, CAST(:mails AS integer)) AS i)",
}
IDENTIFIER = {
    "sqlite": "printf('01BENCH%019d', s.i)",
    "postgresql": "'01BENCH' || lpad(CAST(s.i AS text), 19, '0')",
}


def fill(url: str, mails: int) -> None:
    """Submits mails as the API does, each with a body of its own."""
    engine = make_engine(url)
    try:
        for first in range(0, mails, AT_ONCE):
            wanted = [submission(at) for at in range(first, min(first + AT_ONCE, mails))]
            with session_for(engine) as session:
                taken = submit_many(session, wanted, now=datetime.now(UTC))
                if any(isinstance(answer, InvalidSubmission) for answer in taken):
                    raise NotMeasured("A mail of the bench was refused.")
                session.commit()
    finally:
        engine.dispose()
    settle(url)


def fill_by_sql(url: str, mails: int) -> None:
    """Makes rows after the pattern of one submitted mail; its columns are copied, whatever they
    are, with identifiers and bodies of their own."""
    fill(url, 1)
    engine = make_engine(url)
    try:
        with engine.execution_options(writes=True).begin() as connection:
            _add_bodies(connection)
            _multiply(connection, mails - 1)
    finally:
        engine.dispose()
    settle(url)


def _add_bodies(connection: Connection) -> None:
    now = datetime.now(UTC)
    composed = [
        compose(submission(at), message_id="0" * 26, date=now).body for at in range(1, BODIES + 1)
    ]
    connection.execute(
        insert(Content),
        [
            {"digest": hashlib.sha256(body).digest(), "body": body, "created_at": now}
            for body in composed
        ],
    )
    connection.execute(
        text("CREATE TEMPORARY TABLE bodies (number INTEGER PRIMARY KEY, digest BLOB)")
        if connection.dialect.name == "sqlite"
        else text("CREATE TEMPORARY TABLE bodies (number integer PRIMARY KEY, digest bytea)")
    )
    connection.execute(
        text("INSERT INTO bodies VALUES (:number, :digest)"),
        [
            {"number": number, "digest": hashlib.sha256(body).digest()}
            for number, body in enumerate(composed)
        ],
    )


def _multiply(connection: Connection, mails: int) -> None:
    kind = connection.dialect.name
    message_id, delivery_id = (
        connection.scalar(select(Message.id)),
        connection.scalar(select(Delivery.id)) or 0,
    )
    identifier, series = IDENTIFIER[kind], SERIES[kind]
    messages = _columns(Message, {"id": identifier, "content_digest": "b.digest"})
    deliveries = _columns(
        Delivery,
        {"id": f"{delivery_id} + s.i", "message_id": identifier},
    )
    bodies = f"JOIN bodies b ON b.number = s.i % {BODIES}"
    values = {"mails": mails, "pattern": message_id}
    connection.execute(
        text(f"{messages} FROM {series} s {bodies}, messages t WHERE t.id = :pattern"),
        values,
    )
    connection.execute(
        text(f"{deliveries} FROM {series} s, deliveries t WHERE t.message_id = :pattern"),
        values,
    )
    if kind == "postgresql":
        last = text("SELECT setval('deliveries_id_seq', (SELECT max(id) FROM deliveries))")
        connection.execute(last)


def _columns(model: type[Message | Delivery], own: dict[str, str]) -> str:
    names = [column.name for column in model.__table__.columns]
    taken = ", ".join(own.get(name, f"t.{name}") for name in names)
    return f"INSERT INTO {model.__tablename__} ({', '.join(names)}) SELECT {taken}"
