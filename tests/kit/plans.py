"""What a database means to do for the queries of a call: its plans, line by line."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from panel.storage.database import Session


def plan_of(session: Session, call: Callable[[], object]) -> str:
    """The plans of all queries that `call` runs on the session."""
    with queries_of(session) as seen:
        call()
    explain = "EXPLAIN QUERY PLAN" if is_sqlite(session) else "EXPLAIN"
    connection = session.connection()
    if not is_sqlite(session):
        # In tables of a test's size reading everything is right; what counts is the way there is.
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    lines: list[str] = []
    for statement, parameters in seen:
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
        lines.extend(str(row[-1]) for row in rows)
    return "\n".join(lines)


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def sorts(plan: str) -> list[str]:
    """Lines in which rows are put into order by hand instead of read in order."""
    return [line for line in plan.splitlines() if "Sort" in line or "TEMP B-TREE" in line]


def full_scans(plan: str) -> list[str]:
    """Lines in which a table that grows with the mail is read from end to end."""
    return [line for line in plan.splitlines() if _FULL_SCAN.search(line)]


_FULL_SCAN = re.compile(r"(Seq Scan on|^SCAN) (deliveries|messages|attempts)(?! USING)")


@contextmanager
def queries_of(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """The queries that are run on the session inside, with their parameters."""
    connection = session.connection()
    seen: list[tuple[str, Any]] = []

    def keep(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.lstrip().startswith(("SELECT", "WITH")):
            seen.append((statement, parameters))

    event.listen(connection, "before_cursor_execute", keep)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", keep)
