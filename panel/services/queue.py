"""The queue as people work with it: looking at what waits, deciding about it, deleting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from panel.domain.permission import Actor, Permission
from panel.domain.ruling import Choice
from panel.sending.wake import notify
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.discretion import may_know, told_reason
from panel.services.rulings import ACTIONS, wish_of
from panel.storage.database import Session
from panel.storage.queries import queue as queries
from panel.storage.queries import queue_changes as changes
from panel.storage.queries.paging import Cursor, Page
from panel.storage.queries.queue import QueueCounts, QueueFilter, QueueRow
from panel.storage.queries.queue_changes import Touched
from panel.storage.queue.rulings import carry_out

__all__ = [
    "Changed",
    "Choice",
    "Cursor",
    "QueueFilter",
    "Selection",
    "cancel",
    "delete",
    "retry",
    "rule",
]

BATCH = 1000
"""Deliveries changed by one transaction, so that workers never wait for long."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Deliveries by their ids, or all that match `wanted` when that is given."""

    ids: tuple[int, ...] = ()
    wanted: QueueFilter | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """How many were changed, and how many were left: being sent, unconfirmed, ended or gone."""

    changed: int
    left: int


def queue_page(
    session: Session, actor: Actor, *, wanted: QueueFilter, cursor: Cursor
) -> Page[QueueRow]:
    """One page of what waits, as far as it is the actor's to see."""
    authorise(actor, Permission.SEE_QUEUE)
    found = queries.queue_page(session, actor.scope, wanted=wanted, cursor=cursor)
    return replace(found, rows=tuple(_discreet(actor, row) for row in found.rows))


def queue_counts(session: Session, actor: Actor) -> QueueCounts:
    """How many of the actor's deliveries wait in which state."""
    authorise(actor, Permission.SEE_QUEUE)
    return queries.queue_counts(session, actor.scope)


def retry(session: Session, actor: Actor, *, selection: Selection, now: datetime) -> Changed:
    """Lets the sender take the selected deliveries at once instead of at their time."""
    authorise(actor, Permission.CHANGE_QUEUE)
    return rule(session, actor, selection=selection, choice=Choice.SEND_NOW, now=now)


def cancel(session: Session, actor: Actor, *, selection: Selection, now: datetime) -> Changed:
    """Ends the selected deliveries unsent; they stay to be seen."""
    authorise(actor, Permission.CHANGE_QUEUE)
    return rule(session, actor, selection=selection, choice=Choice.CANCEL, now=now)


def rule(
    session: Session,
    actor: Actor,
    *,
    selection: Selection,
    choice: Choice,
    now: datetime,
    note: str = "",
) -> Changed:
    """Decides alike about all selected deliveries that the decision fits, and leaves the others."""
    authorise(actor, Permission.CHANGE_QUEUE)
    wish = wish_of(actor, choice, note=note, now=now)

    def decide(ids: Sequence[int]) -> Touched:
        moved = carry_out(session, actor.scope, wish, ids=ids)
        return Touched(tuple(item.id for item in moved))

    action = ACTIONS[choice]
    return _change(session, actor, selection, by=decide, action=action, note=wish.note, now=now)


def delete(session: Session, actor: Actor, *, selection: Selection, now: datetime) -> Changed:
    """Removes the selected deliveries for good, with their attempts; the audit keeps their ids."""
    authorise(actor, Permission.CHANGE_QUEUE)

    def remove(ids: Sequence[int]) -> Touched:
        return changes.remove(session, actor.scope, ids=ids)

    return _change(session, actor, selection, by=remove, action="queue.deleted", now=now)


def _change(
    session: Session,
    actor: Actor,
    selection: Selection,
    *,
    by: Callable[[Sequence[int]], Touched],
    action: str,
    now: datetime,
    note: str = "",
) -> Changed:
    asked = changed = 0
    for ids in _batches(session, actor, selection):
        touched = by(ids)
        if touched.delivery_ids:
            _note(session, actor, touched, action=action, note=note, now=now)
            notify(session)
        session.commit()
        asked += len(ids)
        changed += len(touched.delivery_ids)
    return Changed(changed=changed, left=asked - changed)


def _batches(session: Session, actor: Actor, selection: Selection) -> Iterable[Sequence[int]]:
    if selection.wanted is not None:
        return queries.matching_ids(session, actor.scope, wanted=selection.wanted, batch=BATCH)
    ids = tuple(dict.fromkeys(selection.ids))
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _note(
    session: Session, actor: Actor, touched: Touched, *, action: str, note: str, now: datetime
) -> None:
    after: dict[str, Any] = {
        "count": len(touched.delivery_ids),
        "deliveries": list(touched.delivery_ids),
    }
    if touched.message_ids:
        after["messages"] = list(touched.message_ids)
    if note:
        after["note"] = note
    record(
        session,
        actor,
        action=action,
        subject="queue",
        after=after,
        partner_id=actor.scope.partner_id,
        now=now,
    )


def _discreet(actor: Actor, row: QueueRow) -> QueueRow:
    rule, said = told_reason(actor, row.rule, row.said)
    is_known = may_know(actor, row.provider_partner_id)
    return replace(row, rule=rule, said=said if is_known else "")
