"""The queue as people work with it: looking at what waits, deciding about it, deleting."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.domain.queue_job import QueueAct
from panel.sending.queue_acts import perform
from panel.sending.wake import notify
from panel.services.access import authorise
from panel.services.discretion import may_know, told_reason
from panel.services.rulings import note_of
from panel.storage.database import Session
from panel.storage.queries import queue as queries
from panel.storage.queries.paging import Cursor, Page
from panel.storage.queries.queue import QueueCounts, QueueFilter, QueueRow
from panel.storage.queries.queue_acts import Deed
from panel.storage.queries.queue_spans import count_matching

__all__ = [
    "Changed",
    "Cursor",
    "QueueAct",
    "QueueFilter",
    "Selection",
    "cancel",
    "change",
    "delete",
    "retry",
]

BATCH = 1000
"""Deliveries changed by one transaction, so that workers never wait for long."""
MOST_COUNTED = 1_000_000
"""Counting stops here, as it would take more than a moment."""


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


def match_count(
    session: Session, actor: Actor, *, wanted: QueueFilter, limit: int = MOST_COUNTED
) -> int:
    """How many match now, counted up to `limit`: what somebody is asked about before all change."""
    authorise(actor, Permission.SEE_QUEUE)
    return count_matching(session, actor.scope, wanted, limit=limit)


def retry(session: Session, actor: Actor, *, selection: Selection, now: datetime) -> Changed:
    """Lets the sender take the selected deliveries at once instead of at their time."""
    authorise(actor, Permission.CHANGE_QUEUE)
    return change(session, actor, selection=selection, act=QueueAct.RETRY, now=now)


def cancel(session: Session, actor: Actor, *, selection: Selection, now: datetime) -> Changed:
    """Ends the selected deliveries unsent; they stay to be seen."""
    authorise(actor, Permission.CHANGE_QUEUE)
    return change(session, actor, selection=selection, act=QueueAct.CANCEL, now=now)


def delete(session: Session, actor: Actor, *, selection: Selection, now: datetime) -> Changed:
    """Removes the selected deliveries for good, with their attempts; the audit keeps their ids."""
    authorise(actor, Permission.CHANGE_QUEUE)
    return change(session, actor, selection=selection, act=QueueAct.DELETE, now=now)


def change(
    session: Session,
    actor: Actor,
    *,
    selection: Selection,
    act: QueueAct,
    now: datetime,
    note: str = "",
) -> Changed:
    """Does it to all selected deliveries that it fits, while the actor waits; leaves the others."""
    authorise(actor, Permission.CHANGE_QUEUE)
    words = note_of(note)
    deed = Deed(act, actor.scope, actor.name, actor.address, now, note=words)
    asked = changed = 0
    for ids in _batches(session, actor, selection):
        touched = perform(session, deed, ids=ids)
        if touched.delivery_ids:
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


def _discreet(actor: Actor, row: QueueRow) -> QueueRow:
    rule, said = told_reason(actor, row.rule, row.said)
    is_known = may_know(actor, row.provider_partner_id)
    return replace(row, rule=rule, said=said if is_known else "")
