"""A person's decision about one delivery, and what became of it when others were quicker."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from panel.domain.delivery import DUE_STATES, WAITING_STATES, DeliveryState
from panel.domain.permission import Actor, Permission
from panel.domain.queue_job import AUDITED, RULED, QueueAct
from panel.domain.ruling import LONGEST_NOTE, Case, Choice, Obstacle, choices, obstacle
from panel.sending.wake import notify
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.discretion import may_know
from panel.services.refusals import Conflict, NotFound
from panel.storage.database import Session
from panel.storage.queries import rulings as queries
from panel.storage.queries.rulings import Decided, Standing
from panel.storage.queue.rulings import Seen, Wish, carry_out

__all__ = [
    "Choice",
    "Decided",
    "MovedOn",
    "NotPossible",
    "Obstacle",
    "Options",
    "Seen",
    "decide",
    "options",
]

ACTIONS = {choice: AUDITED[act] for act, choice in RULED.items() if act is not QueueAct.RELEASE}
"""The names of the decisions in the audit."""


class MovedOn(Conflict):
    """It does not stand any more as the actor saw it; `by` is the decision that moved it."""

    def __init__(self, state: DeliveryState, by: Decided | None) -> None:
        super().__init__("It has moved on meanwhile; nothing was changed.")
        self.state = state
        self.by = by


class NotPossible(Conflict):
    """That cannot be decided; `obstacle` says why."""

    def __init__(self, found: Obstacle) -> None:
        super().__init__(f"That cannot be decided ({found}); nothing was changed.")
        self.obstacle = found


@dataclass(frozen=True, slots=True)
class Options:
    """What the actor can decide about a delivery."""

    possible: tuple[Choice, ...]
    obstacle: Obstacle | None
    """Why it cannot be sent again, or where it waits be cancelled; None when it can."""
    is_copy: bool
    """What is sent from now on is a second copy."""
    copy_at: str
    """The provider that a second copy would go to; empty: the actor is not told its name."""
    is_bound: bool
    """A second copy would go to the provider that may have it already, and to no other."""
    was_tried: bool = True
    """It is known which provider may have it already."""


def decide(
    session: Session,
    actor: Actor,
    *,
    message_id: str,
    delivery_id: int,
    choice: Choice,
    seen: Seen,
    note: str,
    now: datetime,
) -> None:
    """Carries out a decision about a delivery that stands as the actor has `seen` it.

    Raises NotFound for what is not the actor's, MovedOn when a worker, a rule or somebody else
    was quicker, NotPossible when it does not fit.
    """
    authorise(actor, Permission.CHANGE_QUEUE)
    standing = _standing(session, actor, message_id, delivery_id)
    wish = wish_of(actor, choice, note=note, now=now)
    if not carry_out(session, actor.scope, wish, ids=[delivery_id], seen=seen):
        session.rollback()
        _refuse(session, actor, wish, message_id=message_id, delivery_id=delivery_id, seen=seen)
    record(
        session,
        actor,
        action=ACTIONS[choice],
        subject=f"delivery:{delivery_id}",
        before={"state": seen.state.value},
        after={"message": message_id} | ({"note": wish.note} if wish.note else {}),
        partner_id=standing.partner_id,
        now=now,
    )
    notify(session)
    session.commit()


def options(
    session: Session, actor: Actor, *, message_id: str, delivery_id: int, now: datetime
) -> Options:
    """What the actor can decide; nothing without the permission to change the queue."""
    authorise(actor, Permission.SEE_MAILING_LOG)
    standing = _standing(session, actor, message_id, delivery_id)
    case = standing.case
    return Options(
        possible=choices(case, now=now) if actor.may(Permission.CHANGE_QUEUE) else (),
        obstacle=_obstacle(case, now),
        is_copy=standing.may_be_out,
        copy_at=(standing.provider_name or "")
        if may_know(actor, standing.provider_partner_id)
        else "",
        is_bound=standing.is_provider_present,
        was_tried=standing.provider_name is not None,
    )


def wish_of(actor: Actor, choice: Choice, *, note: str, now: datetime) -> Wish:
    """The decision in the actor's name."""
    return Wish(choice, actor.name, now, actor.scope.partner_id, note_of(note))


def note_of(text: str) -> str:
    """What is kept of the words that somebody gives as the reason."""
    return " ".join(text.split())[:LONGEST_NOTE]


def discreet(actor: Actor, decided: Decided) -> Decided:
    """A partner's people are not told who of the house decided, nor the words."""
    if actor.scope.is_everything or decided.actor_partner_id == actor.scope.partner_id:
        return decided
    return replace(decided, actor="", note="")


def _obstacle(case: Case, now: datetime) -> Obstacle | None:
    """What somebody may look for is to cancel what waits, and to send again what does not."""
    is_due = case.state in DUE_STATES
    again = None if is_due else obstacle(Choice.SEND_AGAIN, case, now=now)
    if again is not None or case.state not in WAITING_STATES:
        return again
    return obstacle(Choice.CANCEL, case, now=now)


def _standing(session: Session, actor: Actor, message_id: str, delivery_id: int) -> Standing:
    found = queries.find_standing(
        session, actor.scope, message_id=message_id, delivery_id=delivery_id
    )
    if found is None:
        raise NotFound
    return found


def _refuse(
    session: Session, actor: Actor, wish: Wish, *, message_id: str, delivery_id: int, seen: Seen
) -> NoReturn:
    standing = _standing(session, actor, message_id, delivery_id)
    found = obstacle(wish.choice, standing.case, now=wish.at)
    if found is not None and (standing.case.state, standing.attempts) == (
        seen.state,
        seen.attempts,
    ):
        raise NotPossible(found)
    last = queries.rulings_of(session, delivery_id)[-1:]
    new = [discreet(actor, item) for item in last if item.id > seen.ruling_id]
    raise MovedOn(standing.case.state, new[0] if new else None)
