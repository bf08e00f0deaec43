"""What a person decides about deliveries, carried out.

Each statement names the states that it may change and changes locked rows only, so that a
delivery which a worker, a policy or somebody else moves at the same moment is moved by one of
them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Scope
from panel.domain.ruling import Choice
from panel.storage.database import Session
from panel.storage.models import Delivery, Ruling
from panel.storage.queue.ruling_terms import conditions, has_content, values
from panel.storage.scope import within

_UNSYNCHRONISED = {"synchronize_session": False}


@dataclass(frozen=True, slots=True)
class Wish:
    """A decision that somebody wants carried out."""

    choice: Choice
    actor: str
    """Named as in the audit; empty: the rule of the stream."""
    at: datetime
    actor_partner_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """How a delivery stood when somebody decided about it."""

    state: DeliveryState
    attempts: int
    ruling_id: int = 0
    """The last decision that was known; only to tell whose decision came in between."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A delivery that a decision has moved."""

    id: int
    state_before: DeliveryState


def carry_out(
    session: Session,
    scope: Scope,
    wish: Wish,
    *,
    ids: Sequence[int],
    seen: Seen | None = None,
    only: DeliveryState | None = None,
) -> tuple[Moved, ...]:
    """Moves those of the deliveries that the decision fits, and notes it with each.

    With `seen` only what still stands like that; without, rows that others hold are left to them.
    With `only` nothing that is in another state.
    """
    moved = _take(session, scope, wish, ids=ids, seen=seen, only=only)
    if moved:
        still = {item.id for item in moved}
        if wish.choice is Choice.SEND_AGAIN:
            # The content may have been removed for its age until the rows were ours.
            kept = select(Delivery.id).where(Delivery.id.in_(still), has_content())
            still = set(session.scalars(kept))
            moved = tuple(item for item in moved if item.id in still)
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(still))
            .values(**values(session, wish.choice, wish.at)),
            execution_options=_UNSYNCHRONISED,
        )
        note(session, wish, moved)
    return moved


def note(session: Session, wish: Wish, moved: Iterable[Moved]) -> None:
    """Writes the decision down with each delivery."""
    shared = {
        "at": wish.at,
        "actor": wish.actor,
        "actor_partner_id": wish.actor_partner_id,
        "choice": wish.choice,
        "note": wish.note,
    }
    rows = [shared | {"delivery_id": item.id, "state_before": item.state_before} for item in moved]
    if rows:
        session.execute(insert(Ruling), rows)


def _take(
    session: Session,
    scope: Scope,
    wish: Wish,
    *,
    ids: Sequence[int],
    seen: Seen | None,
    only: DeliveryState | None,
) -> tuple[Moved, ...]:
    statement = (
        select(Delivery.id, Delivery.state)
        .where(Delivery.id.in_(ids), *conditions(wish.choice, wish.at))
        .order_by(Delivery.id)
        .with_for_update(of=Delivery, skip_locked=seen is None, key_share=True)
    )
    if seen is not None:
        statement = statement.where(
            Delivery.state == seen.state, Delivery.attempts == seen.attempts
        )
    if only is not None:
        statement = statement.where(Delivery.state == only)
    rows = session.execute(within(statement, Delivery.partner_id, scope))
    return tuple(Moved(row.id, row.state) for row in rows)
