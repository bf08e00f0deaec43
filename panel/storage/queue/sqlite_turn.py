"""A turn on SQLite: all that it writes, in however many tables, goes by one statement.

While a statement waits for Python's interpreter lock, which a busy event loop is slow to give
back, the transaction around it keeps every other process from writing. So there is none: the rows
are added to a view, whose triggers do the writing, and a statement by itself is a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from panel.storage.queue.statement import RowEffect

_COLUMNS = 25
"""Of the view: the place of a row's statement, and room for the widest row."""
_MOST_ROWS = 1024
"""Of one statement, as SQLite counts its parameters."""
_ROW = f"({', '.join('?' * _COLUMNS)})"
_FIELDS = ", ".join(f"NULL AS c{place}" for place in range(_COLUMNS - 1))
_SET_UP = (
    f"CREATE TEMP VIEW IF NOT EXISTS effects AS SELECT NULL AS statement, {_FIELDS}",
    "CREATE TEMP TABLE IF NOT EXISTS lost (id INTEGER, token TEXT)",
)


class Effects:
    """What the view of one connection knows to do; lives as long as the connection."""

    def __init__(self, driver: Any) -> None:
        """Of `sqlite3`; makes the view where it is missing."""
        self.driver = driver
        self._places: dict[RowEffect, int] = {}
        for text in _SET_UP:
            driver.execute(text)

    def place(self, statement: RowEffect) -> int:
        """The number by which rows name this statement."""
        place = self._places.get(statement)
        if place is None:
            place = self._places[statement] = len(self._places)
            self.driver.execute(
                f"CREATE TEMP TRIGGER effect_{place} INSTEAD OF INSERT ON effects"
                f" WHEN NEW.statement = {place} BEGIN {statement.effect}; END"
            )
        return place


class SqliteTurn:
    """Gathers rows, and has no effect before `write`."""

    def __init__(self, effects: Effects) -> None:
        """Of the connection that is to write."""
        self._effects = effects
        self._rows: list[tuple[Any, ...]] = []

    def run(self, statement: RowEffect, rows: Iterable[Sequence[Any]]) -> None:
        """Adds to what will be written, in this order."""
        place = self._effects.place(statement)
        for row in rows:
            self._rows.append((place, *row, *_EMPTY[len(row)]))

    def write(self) -> None:
        """Writes all of it; may be called again when the database was locked."""
        while self._rows:
            some = self._rows[:_MOST_ROWS]
            self._effects.driver.execute(_text(len(some)), _parameters(some))
            del self._rows[: len(some)]

    def lost(self) -> list[tuple[int, str]]:
        """What statements have told to be lost since it was last asked for; after `write`."""
        driver = self._effects.driver
        found: list[tuple[int, str]] = driver.execute("SELECT id, token FROM lost").fetchall()
        if found:
            driver.execute("DELETE FROM lost")
        return found


_EMPTY = [(None,) * (_COLUMNS - 1 - width) for width in range(_COLUMNS)]
_texts: dict[int, str] = {}
_MANY = 64


def _size(rows: int) -> int:
    """So many as there are, or of one of a few sizes: SQLite's driver keeps 128 texts prepared.

    Each empty row costs as much as asking all statements whether it is theirs.
    """
    return rows if rows <= _MANY else 1 << (rows - 1).bit_length()


def _text(rows: int) -> str:
    size = _size(rows)
    text = _texts.get(size)
    if text is None:
        values = ", ".join([_ROW] * size)
        text = _texts[size] = f"INSERT INTO effects VALUES {values}"  # noqa: S608  (question marks)
    return text


def _parameters(rows: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """Filled up with empty rows, which name no statement."""
    empty = (None,) * (_COLUMNS * (_size(len(rows)) - len(rows)))
    return (*chain.from_iterable(rows), *empty)
