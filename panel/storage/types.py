"""Column types that both databases keep exactly alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Enum, Integer
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

RowId = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit key that SQLite fills by itself."""


def to_microseconds(value: datetime) -> int:
    """Microseconds since 1970 in UTC; the form in which times are stored."""
    since = value - _EPOCH
    # Dividing by timedelta(microseconds=1) says the same and takes five times as long.
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_microseconds(value: int) -> datetime:
    """The aware time in UTC of a stored number."""
    return _EPOCH + value * _MICROSECOND


class UtcTime(TypeDecorator[datetime]):
    """An aware time, stored as microseconds since 1970: exact, sortable and alike everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Refuses a naive time: it would mean something else on another machine."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A time without a zone cannot be stored.")
        return to_microseconds(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """The stored number as an aware time in UTC."""
        return None if value is None else from_microseconds(value)


def word(kind: type[StrEnum]) -> Enum:
    """A column that holds the values of `kind` as text."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=32,
        values_callable=lambda words: [item.value for item in words],
    )
