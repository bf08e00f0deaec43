"""SQL of the sender's hot path as text: run by the driver, with nothing left to put together."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult

from panel.storage.database import Session

_PARAMETER = re.compile(r":([a-z_]\w*)")


class Table:
    """Rows that a statement gets as its one parameter `:rows`, however many they are.

    As many statements, or one run again for each row, each row would cost a step of the
    database, and with SQLite a change of hands of Python's interpreter lock.
    """

    def __init__(self, name: str, **columns: str) -> None:
        """`columns` gives for each its type on PostgreSQL."""
        places = enumerate(columns.items())
        fields = [(f"value ->> {place}", it, kind) for place, (it, kind) in places]
        self.sqlite = _with_terms(
            "(SELECT FIELDS FROM json_each(:rows)) AS NAME",
            {"FIELDS": ", ".join(f"{value} AS {it}" for value, it, _ in fields), "NAME": name},
        )
        typed = ", ".join(f"CAST({value} AS {kind}) AS {it}" for value, it, kind in fields)
        self.postgresql = _with_terms(
            "(SELECT FIELDS FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS given (value))"
            " AS NAME",
            {"FIELDS": typed, "NAME": name},
        )

    @staticmethod
    def parameter(rows: Sequence[Sequence[Any]]) -> str:
        """The rows, their values in the order of the columns, as `:rows` takes them."""
        return json.dumps(rows)


class Statement:
    """One statement for both databases; parameters are written `:name`.

    SQLAlchemy's expressions cost more here than the databases' own work, so the hot path has
    its SQL written out. Values must be such as the driver knows: times in microseconds, words
    as text. Terms, written in capitals, stand for parts that several statements share, and ROWS
    for a table of given rows.
    """

    def __init__(
        self,
        sqlite: str,
        *,
        postgresql: str | None = None,
        rows: Table | None = None,
        **terms: str,
    ) -> None:
        given = {"sqlite": rows.sqlite, "postgresql": rows.postgresql} if rows else {}
        self.sqlite = _with_terms(sqlite, terms | {"ROWS": given.get("sqlite", "")})
        text = _with_terms(postgresql or sqlite, terms | {"ROWS": given.get("postgresql", "")})
        self.postgresql = _PARAMETER.sub(r"%(\1)s", text.replace("%", "%%"))

    def rows(self, session: Session, **parameters: Any) -> Sequence[tuple[Any, ...]]:
        """Runs it in the session's transaction; what it found."""
        return cast("Sequence[tuple[Any, ...]]", self._run(session, parameters).all())

    def run(self, session: Session, **parameters: Any) -> int:
        """Runs it in the session's transaction; how many rows it changed."""
        return self._run(session, parameters).rowcount

    def _run(self, session: Session, parameters: dict[str, Any]) -> CursorResult[Any]:
        text = self.sqlite if is_sqlite(session) else self.postgresql
        return session.connection().exec_driver_sql(text, parameters)


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to SQLite; else it is PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


def _with_terms(text: str, terms: dict[str, str]) -> str:
    for name, value in terms.items():
        text = re.sub(rf"\b{name}\b", value, text)
    return text
