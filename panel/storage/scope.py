"""The one way in which queries are narrowed to the rows that an actor may see."""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from panel.domain.permission import Scope


class Narrowable(Protocol):
    """A SELECT, an UPDATE or a DELETE."""

    def where(self, *conditions: Any) -> Self:
        """The same statement with further conditions."""
        ...


Statement = TypeVar("Statement", bound=Narrowable)


def within(
    statement: Statement,
    column: ColumnElement[int | None] | InstrumentedAttribute[int | None],
    scope: Scope,
) -> Statement:
    """`statement` for the rows of the scope only; `column` holds the owner's partner id.

    A scope without a partner is the house: rows that belong to no partner.
    """
    if scope.is_everything:
        return statement
    # Not IS NOT DISTINCT FROM: PostgreSQL cannot look that up in an index.
    return statement.where(column == scope.partner_id)
