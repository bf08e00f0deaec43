"""The connection to the database: Flask-SQLAlchemy's object, engines, and how SQLite is tuned."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

__all__ = [
    "Base",
    "Connection",
    "Engine",
    "Session",
    "db",
    "engine_options",
    "is_overtaken",
    "is_passing",
    "make_engine",
    "names_database",
    "own_connection",
    "patience_of",
    "patient",
    "session_for",
    "tune",
    "when_free",
    "writing",
]

BUSY_TIMEOUT_S = 30
"""How long a writer waits for its turn on SQLite."""

_LOOK_AGAIN_S = (0.0002, 0.001)
"""Between two looks whether it is a writer's turn; a look takes some ten microseconds."""

CHECKPOINT_PAGES = 4000
"""Of 4 KB, in the log of writes until SQLite carries them over into the database file: a page that
changes with every commit is thus carried over seldom.
"""

IDLE_S = 15
"""After which PostgreSQL ends a transaction that does nothing: its process sleeps or is stopped,
and others wait for the rows that it locked."""


CONNECT_S = 10
"""How long PostgreSQL may take to answer a new connection."""
SILENCE_S = 20
"""After which a connection to PostgreSQL counts as lost when what was sent is not acknowledged:
less than a worker's lease."""


class Base(DeclarativeBase):
    """The common ancestor of all models; names constraints so that migrations can find them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class PanelSession(FlaskSession):
    """A session that takes SQLite's write lock at its start when it is going to write.

    A transaction that reads first and writes later is refused by SQLite at once when somebody
    else wrote in between; one that begins as a writer waits for its turn instead.
    """

    def get_bind(self, *args: Any, **kwargs: Any) -> Engine | Connection:
        """The engine, in its writing form when `writing` marked this session."""
        bind = super().get_bind(*args, **kwargs)
        if self.info.get("writes") and isinstance(bind, Engine):
            # Always the same object: to SQLAlchemy another one would be another transaction.
            writer = bind.execution_options(writes=True)
            always: Engine = self.info.setdefault("writing_bind", writer)
            return always
        return bind


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"class_": PanelSession, "expire_on_commit": False},
)


def writing(session: Session) -> None:
    """Marks a session that has not begun a transaction: its transactions will be writers."""
    session.info["writes"] = True


def names_database(url: str) -> bool:
    """Whether `url` names an SQLite file or a PostgreSQL database, the two that are tested."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return parts.drivername in {"sqlite", "postgresql+psycopg"} and bool(parts.database)


def engine_options(url: str) -> dict[str, Any]:
    """Arguments for `create_engine` that fit the database behind `url`.

    What a failed statement was about, addresses and mail among it, stays out of error messages.
    """
    if make_url(url).get_backend_name() == "sqlite":
        connect_args = {"timeout": BUSY_TIMEOUT_S, "check_same_thread": False}
        return {"hide_parameters": True, "connect_args": connect_args}
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        "pool_size": 10,
        "max_overflow": 10,
        "connect_args": {
            "options": f"-c idle_in_transaction_session_timeout={IDLE_S * 1000}",
            "connect_timeout": CONNECT_S,
            "tcp_user_timeout": SILENCE_S * 1000,
        },
    }


def make_engine(url: str) -> Engine:
    """An engine of its own for a process without a panel, for example a worker."""
    engine = create_engine(url, **engine_options(url))
    tune(engine)
    return engine


def tune(engine: Engine) -> None:
    """Makes SQLite durable (WAL, `synchronous=FULL`) and its transactions explicit.

    On either database it lets those who are `patient` wait no longer than they want to.
    """
    if engine.dialect.name != "sqlite":
        if not event.contains(engine, "begin", _limit_waits):
            event.listen(engine, "begin", _limit_waits)
        return
    if not event.contains(engine, "connect", _set_pragmas):
        event.listen(engine, "connect", _set_pragmas)
        event.listen(engine, "begin", _begin)


def _set_pragmas(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA temp_store=MEMORY")
    connection.execute("PRAGMA cache_size=-20000")
    connection.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")


def _limit_waits(connection: Connection) -> None:
    patience_s = connection.get_execution_options().get("patience_s")
    if patience_s is not None:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {round(patience_s * 1000)}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if not options.get("writes"):
        connection.exec_driver_sql("BEGIN")
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout=0")
    try:
        _take_turn(connection, patience_of(connection))
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")


def patience_of(connection: Connection) -> float:
    """Seconds that it waits on SQLite until others have written."""
    patience_s: float = connection.get_execution_options().get("patience_s", BUSY_TIMEOUT_S)
    return patience_s


def _take_turn(connection: Connection, patience_s: float) -> None:
    """Begins as a writer; its error is one of SQLAlchemy when that was too long to wait for."""
    driver: Any = connection.connection.driver_connection
    try:
        when_free(lambda: driver.execute("BEGIN IMMEDIATE"), patience_s)
    except sqlite3.OperationalError:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def when_free(act: Callable[[], object], patience_s: float) -> None:
    """Does `act`, which writes to SQLite, as soon as nobody else does.

    Raises its error when that took too long. SQLite's own way of waiting sleeps for up to a tenth
    of a second between two looks. Whoever does that while another process commits a hundred times a
    second hardly ever has a turn.
    """
    gives_up_at_s = time.monotonic() + patience_s
    while True:
        try:
            act()
        except sqlite3.OperationalError as error:
            if _sqlite_code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > gives_up_at_s:
                raise
        else:
            return
        time.sleep(random.uniform(*_LOOK_AGAIN_S))


def session_for(engine: Engine) -> Session:
    """A session that writes, for use outside the panel: on SQLite it begins as a writer."""
    return Session(engine.execution_options(writes=True), expire_on_commit=False)


def own_connection(engine: Engine) -> Connection:
    """A connection that one writer keeps, for rows that it knows by their keys.

    On SQLite it never sleeps when others write. PostgreSQL looks each row up by its index, also
    when it planned a statement while the table was empty, and keeps that plan.
    """
    connection = engine.execution_options(writes=True).connect()
    driver: Any = connection.connection.driver_connection
    if engine.dialect.name == "sqlite":
        driver.execute("PRAGMA busy_timeout=0")
    else:
        driver.execute("SET enable_seqscan = off")
        driver.commit()
    return connection


def patient(engine: Engine, patience_s: float) -> Engine:
    """The engine for writers who wait no longer than that for others' transactions to end."""
    return engine.execution_options(writes=True, patience_s=patience_s)


def is_overtaken(error: Exception) -> bool:
    """Whether a mail was being stored with a content that was removed at the same moment.

    Tried again it finds the content gone, and stores it anew.
    """
    reason = getattr(error, "orig", None)
    constraint = getattr(getattr(reason, "diag", None), "constraint_name", None)
    return constraint == "fk_messages_content_digest"


def is_passing(error: Exception) -> bool:
    """Whether a database error may pass by itself: locked, full, restarted, out of reach."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, PoolTimeout)
    if isinstance(error.orig, sqlite3.Error):
        return _sqlite_code(error.orig) in _PASSING_SQLITE
    state: str | None = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, (OperationalError, InterfaceError))
    return error.connection_invalidated or state.startswith(_PASSING_STATES)


_PASSING_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
_PASSING_STATES = ("08", "25P03", "40", "53", "55", "57", "58")
"""PostgreSQL's error codes: connection, idle too long, rolled back, no resources, in use,
intervention, system."""


def _sqlite_code(error: sqlite3.Error) -> int:
    """The primary code; 0 where SQLite gave none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
