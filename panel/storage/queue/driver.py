"""The driver's own connection beneath a session, for what SQLAlchemy would only slow down."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from panel.storage.database import Session


def is_sqlite(session: Session) -> bool:
    """Whether the session speaks to SQLite; else it is PostgreSQL."""
    return session.get_bind().dialect.name == "sqlite"


@contextmanager
def driver_of(session: Session) -> Iterator[Any]:
    """The connection of `sqlite3` or `psycopg`, within the session's transaction.

    Raises the errors that SQLAlchemy would raise.
    """
    with driver_on(session.connection()) as driver:
        yield driver


@contextmanager
def driver_on(connection: Connection) -> Iterator[Any]:
    """The same beneath a connection of SQLAlchemy."""
    try:
        yield connection.connection.driver_connection
    except (sqlite3.Error, psycopg.Error) as error:
        raise _translated(error, connection) from error


def _translated(error: Any, connection: Connection) -> Exception:
    """As SQLAlchemy does it; a connection that is lost goes back to no pool."""
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if is_lost:
        connection.invalidate(error)
    translated: Exception = DBAPIError.instance(
        None,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    return translated
