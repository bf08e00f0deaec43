"""What a list's address says: where the page begins, and numbers and words that are known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from panel.services.owners import HOUSE
from panel.services.queue import Cursor

Word = TypeVar("Word", bound=StrEnum)
_LONGEST_NUMBER = 18


def cursor_of(values: Mapping[str, str]) -> Cursor:
    """The place that `before` or `after` names; the newest page when neither is a number."""
    return Cursor(before=number(values.get("before")), after=number(values.get("after")))


def number(text: str | None) -> int | None:
    """A whole number that a row may have as its id, None for everything else."""
    if not text or len(text) > _LONGEST_NUMBER or not text.isascii() or not text.isdigit():
        return None
    return int(text)


def owner(text: str | None) -> str:
    """Whose mail a list is narrowed to, as `narrowed` takes it; empty for everybody's."""
    if text == HOUSE:
        return HOUSE
    id_ = number(text)
    return "" if id_ is None else str(id_)


def known(kind: type[Word], text: str | None) -> Word | None:
    """The word of that kind, None when there is none."""
    return next((word for word in kind if word.value == text), None)


def moment(text: str | None) -> datetime | None:
    """A date or a time without a zone, taken as UTC; None for everything else."""
    try:
        return datetime.fromisoformat(text or "").replace(tzinfo=UTC)
    except ValueError:
        return None
