"""SQL of the sender's hot path as text: run by the driver, with nothing left to put together.

SQLAlchemy's expressions cost more here than the databases' own work. Parameters are written
`:name`. Terms, written in capitals, stand for parts that several statements share.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, cast

from sqlalchemy import Connection, CursorResult

from panel.storage.database import Session
from panel.storage.queue.driver import driver_of, driver_on, is_sqlite

_PARAMETER = re.compile(r":([a-z_]\w*)")


IS_HELD = "claim_token || '' = mark.token AND state || '' = 'sending'"
"""That the worker of a mark holds a delivery, to be looked up by its id.

The empty strings keep PostgreSQL from looking for the token instead, which a whole claim shares.
"""


class Statement:
    """One statement for both databases.

    Values must be such as the driver knows: times in microseconds, words as text.
    """

    def __init__(self, sqlite: str, *, postgresql: str | None = None, **terms: str) -> None:
        self._sqlite = _with_terms(sqlite, terms)
        self._postgresql = _for_psycopg(_with_terms(postgresql or sqlite, terms))

    def rows(self, session: Session, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Runs it in the session's transaction; what it found."""
        return cast("Sequence[tuple[Any, ...]]", self._run(session, parameters).all())

    def run(self, session: Session, **parameters: Any) -> int:
        """Runs it in the session's transaction; how many rows it changed."""
        return self._run(session, parameters).rowcount

    def rows_on(self, connection: Connection, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """What it found, without a session and without a result of SQLAlchemy's."""
        text = self._sqlite if connection.dialect.name == "sqlite" else self._postgresql
        with driver_on(connection) as driver:
            return cast("Sequence[tuple[Any, ...]]", driver.execute(text, parameters).fetchall())

    def large_rows(self, session: Session, **parameters: Any) -> list[tuple[Any, ...]]:
        """What it found, the bytes of PostgreSQL as such: its text for them is twice as long."""
        with driver_of(session) as driver:
            if is_sqlite(session):
                return list(driver.execute(self._sqlite, parameters))
            return list(driver.execute(self._postgresql, parameters, binary=True))

    def _run(self, session: Session, parameters: dict[str, Any]) -> CursorResult[Any]:
        text = self._sqlite if is_sqlite(session) else self._postgresql
        return session.connection().exec_driver_sql(text, parameters)


class RowEffect:
    """What SQLite does for each of many given rows: statements that know a row as MARK.

    They are the effect of adding the row to a view, see `sqlite_turn`: `FROM MARK` falls away.
    """

    def __init__(self, text: str, *, columns: Iterable[str], **terms: str) -> None:
        """`columns` are those of MARK."""
        row = {name: f"NEW.c{place}" for place, name in enumerate(columns)}
        self.effect = _of_row(_with_terms(text, terms), row)
        """With the columns of the row as those of `NEW`."""


class RowsStatement(RowEffect):
    """One statement over many given rows, which it knows as the table MARK.

    Run again for each row it would cost PostgreSQL a step each; SQLite runs it row by row.
    """

    def __init__(self, text: str, *, columns: dict[str, str], **terms: str) -> None:
        """`columns` gives for each column of MARK its type on PostgreSQL."""
        super().__init__(text, columns=columns, **terms)
        table = _with_terms(_POSTGRESQL_TABLE, {"FIELDS": ", ".join(_typed(columns))})
        self._postgresql = _for_psycopg(_with_terms(_with_terms(text, terms), {"MARK": table}))

    def on_postgresql(self, rows: Sequence[Sequence[Any]]) -> tuple[str, dict[str, str]]:
        """Text and parameters for `rows`."""
        return self._postgresql, {"rows": json.dumps(rows)}


def _of_row(text: str, row: dict[str, str]) -> str:
    alone = re.sub(r"\bFROM MARK\b(,?)", lambda found: "FROM" if found[1] else "", text)
    return re.sub(r"\bmark\.(\w+)", lambda found: row[found[1]], alone)


# The condition, true of every row, makes PostgreSQL expect few rows. It would else expect a hundred
# always, and rather read the whole of a table that is not yet large than look up each row.
_POSTGRESQL_TABLE = """(
    SELECT FIELDS FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS given (value)
    WHERE jsonb_typeof(value) = 'array'
) AS mark"""


def _typed(columns: dict[str, str]) -> list[str]:
    return [
        f"CAST(value ->> {place} AS {kind}) AS {name}"
        for place, (name, kind) in enumerate(columns.items())
    ]


def _with_terms(text: str, terms: dict[str, str]) -> str:
    for name, value in terms.items():
        text = re.sub(rf"\b{name}\b", value.replace("\\", r"\\"), text)
    return text


def _for_psycopg(text: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", text.replace("%", "%%"))
