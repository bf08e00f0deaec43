"""Sending a mail once more: a new mail with the same content, to one recipient of the first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.domain.resend import ResendCase, ResendObstacle, resend_obstacle
from panel.sending.renewed import Original, renew, send_renewed
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.refusals import Conflict, NotFound
from panel.services.submission_intake import may_send_from
from panel.storage.database import Session
from panel.storage.queries import applications, messages
from panel.storage.queries import resends as queries
from panel.storage.queries.resends import Repeatable, Repeated

__all__ = ["NotToBeRepeated", "Repeated", "ResendObstacle", "Resends", "resend", "resends_of"]


class NotToBeRepeated(Conflict):
    """It cannot be sent once more; `obstacle` says why."""

    def __init__(self, obstacle: ResendObstacle) -> None:
        super().__init__(f"It cannot be sent once more ({obstacle}).")
        self.obstacle = obstacle


@dataclass(frozen=True, slots=True)
class Resends:
    """What there is to say of repeats on the page of a mail."""

    repeats: Repeated | None
    """What the mail itself repeats."""
    made: tuple[Repeated, ...]
    """What repeats its opened recipient."""
    obstacle: ResendObstacle | None
    is_allowed: bool
    """The actor may have it sent once more, if nothing stands in the way."""

    @property
    def next_number(self) -> int:
        """Names the next repeat, so that it is made once however often it is asked for."""
        return self.made[-1].number + 1 if self.made else 1


def resends_of(
    session: Session, actor: Actor, *, message_id: str, delivery_id: int, now: datetime
) -> Resends:
    """The repeats of one recipient of a mail, and whether there can be one more.

    Raises NotFound for what is not there or not the actor's.
    """
    authorise(actor, Permission.SEE_MAILING_LOG)
    found = _found(session, actor, message_id, delivery_id)
    repeats = queries.find_repeated(session, message_id)
    return Resends(
        repeats=_discreet(actor, repeats) if repeats else None,
        made=tuple(_discreet(actor, item) for item in queries.repeats_of(session, delivery_id)),
        obstacle=resend_obstacle(_case(session, found), now=now),
        is_allowed=actor.may(Permission.CHANGE_QUEUE),
    )


def resend(
    session: Session,
    actor: Actor,
    *,
    message_id: str,
    delivery_id: int,
    number: int,
    now: datetime,
) -> str:
    """Sends it once more; the id of the new mail.

    `number` is the `next_number` that the actor was shown: asked for a second time, or by somebody
    else as well, the mail that was made the first time is the answer. Raises NotFound for what is
    not the actor's, NotToBeRepeated with the reason.
    """
    authorise(actor, Permission.CHANGE_QUEUE)
    found = _found(session, actor, message_id, delivery_id)
    made = _made_before(session, delivery_id, number)
    if made is not None:
        return made
    obstacle = resend_obstacle(_case(session, found), now=now)
    if obstacle is not None:
        raise NotToBeRepeated(obstacle)
    new_id = _send(session, actor, found, message_id=message_id, now=now)
    repeated = Repeated(
        new_id, message_id, delivery_id, number, now, actor.name, actor.scope.partner_id
    )
    if not queries.add_repeat(session, repeated):
        session.rollback()
        made = _made_before(session, delivery_id, number)
        if made is None:
            raise NotFound
        return made
    _audit(session, actor, found, repeated)
    session.commit()
    return new_id


def _found(session: Session, actor: Actor, message_id: str, delivery_id: int) -> Repeatable:
    found = queries.find_repeatable(
        session, actor.scope, message_id=message_id, delivery_id=delivery_id
    )
    if found is None:
        raise NotFound
    return found


def _made_before(session: Session, delivery_id: int, number: int) -> str | None:
    """The mail that has this number, None for the next one; NotFound for what nobody was shown."""
    made = queries.repeats_of(session, delivery_id)
    following = made[-1].number + 1 if made else 1
    found = next((item.message_id for item in made if item.number == number), None)
    if found is None and number != following:
        raise NotFound
    return found


def _case(session: Session, found: Repeatable) -> ResendCase:
    application_id = found.application_id
    asked = [application_id] if application_id else []
    bounds = applications.find_bounds(session.connection(), asked)
    own = bounds.get(application_id) if application_id else None
    return ResendCase(
        state=found.state,
        source=found.source,
        has_content=found.has_content,
        expires_at=found.expires_at,
        is_short_lived=found.is_short_lived,
        is_partner_on=found.is_partner_enabled is not False,
        is_application_on=application_id is None or own is not None,
        may_use_stream=own is None or found.stream in own.streams,
        may_use_sender=own is None or may_send_from(own, found.from_email),
    )


def _send(
    session: Session, actor: Actor, found: Repeatable, *, message_id: str, now: datetime
) -> str:
    content = messages.find_content(session, actor.scope, message_id)
    if content is None or content.body is None:
        raise NotToBeRepeated(ResendObstacle.NO_CONTENT)
    original = Original(
        partner_id=found.partner_id,
        application_id=found.application_id,
        stream=found.stream,
        rfc_message_id=found.rfc_message_id,
        subject=found.subject,
        from_email=found.from_email,
        header=content.header,
        body=content.body,
        details=found.details,
    )
    return send_renewed(session, renew(original, recipient=found.recipient, now=now), now=now)


def _audit(session: Session, actor: Actor, found: Repeatable, repeated: Repeated) -> None:
    record(
        session,
        actor,
        action="message.resent",
        subject=f"message:{repeated.of_message_id}",
        before={"state": found.state.value, "delivery": found.delivery_id},
        after={"message": repeated.message_id, "recipient": found.recipient},
        partner_id=found.partner_id,
        now=repeated.at,
    )


def _discreet(actor: Actor, repeated: Repeated) -> Repeated:
    """A partner's people are not told who of the house it was."""
    if actor.scope.is_everything or repeated.actor_partner_id == actor.scope.partner_id:
        return repeated
    return replace(repeated, actor="")
