"""The sessions that use cases are called with; pages and programs get them from here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from panel.config import Config
from panel.storage.database import (
    Engine,
    Session,
    db,
    make_engine,
    patient,
    session_for,
    writing,
)

__all__ = [
    "Session",
    "begin_writing",
    "current_engine",
    "current_session",
    "hasty_session",
    "own_session",
    "short_session",
]

HASTE_S = 0.1


def current_session() -> Session:
    """The session of the request that is being answered."""
    return db.session()


def current_engine() -> Engine:
    """The panel's way to the database, for what keeps connections of its own."""
    return db.engine


def begin_writing() -> None:
    """Lets the request's session begin its transactions as a writer."""
    writing(db.session())


@contextmanager
def short_session(*, writes: bool = False) -> Iterator[Session]:
    """A session beside the request's own, for what must be over before a view starts."""
    engine = db.engine.execution_options(writes=writes)
    with Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def hasty_session() -> Iterator[Session]:
    """A writing session beside the request's own, for what may as well be left undone.

    It raises the database's error when others keep it waiting for longer than `HASTE_S`.
    """
    with Session(patient(db.engine, HASTE_S), expire_on_commit=False) as session:
        yield session


@contextmanager
def own_session(config: Config) -> Iterator[Session]:
    """A writing session of a program without a panel, such as a command."""
    engine = make_engine(config.database_url)
    try:
        with session_for(engine) as session:
            yield session
    finally:
        engine.dispose()
