"""Paging by key: a page begins beside the id where its neighbour ended, so depth costs nothing.

A list that an index holds below one value, as a partner's mail, is read as a range of that index.
Were the value compared by `=`, PostgreSQL might walk all ids in order instead, in the hope of
meeting enough rows soon; where they lie far back it would read millions.

Filters that no index carries look at a window of rows at a time. A page of such a search may be
short, or empty, and still have an older one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, literal, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

PAGE_SIZE = 50
WINDOW = 10_000
"""How many rows a search looks at for one page."""
TEXT_WINDOW = 4_000
"""The same where mails have to be fetched for it: for a part of a subject, or many addresses."""

Item = TypeVar("Item")
Column = InstrumentedAttribute[int] | ColumnElement[int]
AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins: with rows older than `before`, or newer than `after`, or at the top."""

    before: int | None = None
    after: int | None = None

    @property
    def is_newest(self) -> bool:
        """Whether this is the first page, the one that is kept live."""
        return self.before is None and self.after is None


NEWEST = Cursor()


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Rows, newest first, and the ends where its neighbours begin; None where there is nothing."""

    rows: tuple[Item, ...]
    older: int | None = None
    newer: int | None = None
    is_window: bool = False
    """The search stopped at the end of its window: there may be more matches beyond it."""
    looked_to: datetime | None = None
    """Of what time the last row is that a window came to."""


@dataclass(frozen=True, slots=True)
class Lead:
    """The first column of an index whose second one is the id, and the one value that counts."""

    column: InstrumentedAttribute[Any]
    value: Any
    is_listed: bool = False
    """Whether the query names the column in an IN, which SQLite would take instead of `=`."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a page is cut from: all candidates in an index, and the filters that look at rows."""

    candidates: Select[int]
    """Ids in scope, by index alone."""
    rows: AnySelect
    """The columns of the page, joined and filtered; its first column is the id."""
    column: Column
    lead: Lead | None = None
    """What narrows both, by the index that is read."""
    begin: int | None = None
    """The least id, None for the first."""
    end: int | None = None
    """The first id that is too large, None when none is."""
    time: Any = None
    """The column that says how far a window came, None when nobody asks."""
    has_text: bool = False
    """Whether its filters look at more than the row itself."""
    is_filtered: bool = False
    """Whether `rows` looks for less than `candidates`, so that a window is needed."""


def page(
    session: Session,
    search: Search,
    cursor: Cursor,
    *,
    build: Callable[[AnyRow], Item],
    size: int = PAGE_SIZE,
) -> Page[Item]:
    """The page at the cursor. Reads at most `size + 1` rows, or one window when filtered."""
    edge = _edge(session, search, cursor)
    statement = _directed(session, search.rows, search, cursor, edge)
    found = list(session.execute(statement.limit(size + 1)))
    has_more, shown = len(found) > size, found[:size]
    further = shown[-1][0] if has_more else edge
    if cursor.after is not None:
        shown.reverse()
    is_window = edge is not None and not has_more
    return Page(
        rows=tuple(build(row) for row in shown),
        **_ends(cursor, shown, further),
        is_window=is_window,
        looked_to=_time_of(session, search, edge) if is_window else None,
    )


def _directed(
    session: Session,
    statement: AnySelect | Select[int],
    search: Search,
    cursor: Cursor,
    edge: int | None = None,
) -> Any:
    """The rows from the cursor on, as far as `edge`, in the direction in which it looks."""
    is_upwards = cursor.after is not None
    low = _most(search.begin, cursor.after + 1 if cursor.after is not None else None)
    high = _least(search.end, cursor.before)
    if edge is not None:
        low, high = (low, _least(high, edge + 1)) if is_upwards else (_most(low, edge), high)
    order = [search.lead.column, search.column] if search.lead else [search.column]
    return statement.where(*_range(session, search, low, high)).order_by(
        *(column.asc() if is_upwards else column.desc() for column in order)
    )


def _range(
    session: Session, search: Search, low: int | None, high: int | None
) -> list[ColumnElement[bool]]:
    """The ids from `low` to below `high`, in the part of the index that is the lead's."""
    lead, key = search.lead, search.column
    by_id = [
        *([key >= low] if low is not None else []),
        *([key < high] if high is not None else []),
    ]
    if lead is None:
        return by_id
    if lead.value is None:
        return [lead.column.is_(None), *by_id]
    if session.get_bind().dialect.name == "sqlite" and (not lead.is_listed or len(by_id) == 1):
        # It reads that index by `=`, and would bound a range of pairs at one end only. Beside an IN
        # it does so when one end is given: with none it takes the IN, with both the ids alone.
        return [lead.column == lead.value, *by_id]
    value, place = literal(lead.value, lead.column.type), tuple_(lead.column, key)
    return [
        lead.column >= value if low is None else place >= tuple_(value, literal(low)),
        lead.column <= value if high is None else place < tuple_(value, literal(high)),
    ]


def _most(*numbers: int | None) -> int | None:
    return max((number for number in numbers if number is not None), default=None)


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


def _edge(session: Session, search: Search, cursor: Cursor) -> int | None:
    """The id at which the window ends, None when fewer rows are left."""
    if not search.is_filtered:
        return None
    ids = _directed(session, search.candidates, search, cursor)
    window = min(WINDOW, TEXT_WINDOW) if search.has_text else WINDOW
    edge: int | None = session.scalar(ids.offset(window - 1).limit(1))
    return edge


def _time_of(session: Session, search: Search, edge: int | None) -> datetime | None:
    if search.time is None:
        return None
    at: datetime | None = session.scalar(select(search.time).where(search.column == edge))
    return at


def _ends(cursor: Cursor, shown: list[AnyRow], further: int | None) -> dict[str, int | None]:
    if cursor.after is not None:
        return {"older": shown[-1][0] if shown else cursor.after + 1, "newer": further}
    if cursor.before is None:
        return {"older": further, "newer": None}
    return {"older": further, "newer": shown[0][0] if shown else cursor.before - 1}
