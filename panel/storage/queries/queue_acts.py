"""An act on given deliveries, carried out: which of them it changed, and why it left the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from panel.domain.delivery import DUE_STATES, DeliveryState
from panel.domain.permission import Scope
from panel.domain.queue_job import RULED, Left, QueueAct
from panel.storage.models import Delivery
from panel.storage.queries.queue_changes import Touched, remove
from panel.storage.queue.rulings import Wish, carry_out
from panel.storage.scope import within


@dataclass(frozen=True, slots=True)
class Deed:
    """An act that somebody wants carried out."""

    act: QueueAct
    scope: Scope
    actor: str
    """Named as in the audit."""
    address: str
    at: datetime
    note: str = ""
    job_id: int | None = None
    """The job that it is a part of; None: it was done while the person waited."""


def carry_out_act(session: Session, deed: Deed, *, ids: Sequence[int]) -> Touched:
    """Does it to those that it fits and that nobody else is just changing; the caller commits."""
    choice = RULED.get(deed.act)
    if choice is None:
        return remove(session, deed.scope, ids=ids)
    wish = Wish(choice, deed.actor, deed.at, deed.scope.partner_id, deed.note)
    only = DeliveryState.HELD if deed.act is QueueAct.RELEASE else None
    moved = carry_out(session, deed.scope, wish, ids=ids, only=only)
    return Touched(tuple(item.id for item in moved))


def left(session: Session, scope: Scope, ids: Sequence[int]) -> Left:
    """Why deliveries were left as they were: how each stands now."""
    statement = select(Delivery.state, func.count()).where(Delivery.id.in_(ids))
    rows = session.execute(within(statement, Delivery.partner_id, scope).group_by(Delivery.state))
    counts: Counter[DeliveryState] = Counter()
    for state, number in rows:
        counts[state] = number
    being_sent = counts[DeliveryState.SENDING]
    undecided = counts[DeliveryState.UNCONFIRMED]
    unfit = sum(counts[state] for state in DUE_STATES)
    ended = len(ids) - being_sent - undecided - unfit
    return Left(being_sent=being_sent, undecided=undecided, unfit=unfit, ended=ended)
