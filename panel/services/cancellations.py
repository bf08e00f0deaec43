"""Taking back a mail that an application has handed in, as long as nobody is sending it."""

from __future__ import annotations

from datetime import datetime

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Actor
from panel.domain.ruling import Choice
from panel.services.audit import record
from panel.services.own_messages import ShownMessage, find_message
from panel.services.refusals import Conflict
from panel.services.rulings import wish_of
from panel.storage.database import Session
from panel.storage.queue.rulings import carry_out


def cancel_message(
    session: Session, actor: Actor, *, message_id: str, now: datetime
) -> ShownMessage:
    """Cancels every delivery of the actor's message that still waits; the message afterwards.

    Raises Conflict when none waits and none was cancelled before, NotFound as `find_message`.
    """
    shown = find_message(session, actor, message_id=message_id)
    ids = [item.delivery.id for item in shown.deliveries]
    wish = wish_of(actor, Choice.CANCEL, note="", now=now)
    cancelled = carry_out(session, actor.scope, wish, ids=ids)
    if not cancelled:
        session.rollback()
        if any(item.delivery.state is DeliveryState.CANCELLED for item in shown.deliveries):
            return shown
        raise Conflict("It is out already, or on its way out; nothing was cancelled.")
    record(
        session,
        actor,
        action="message.cancelled",
        subject=f"message:{message_id}",
        after={"count": len(cancelled)},
        partner_id=actor.scope.partner_id,
        now=now,
    )
    session.commit()
    return find_message(session, actor, message_id=message_id)
