"""What was said between Postroom and a provider during an attempt, for those who may know it."""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.permission import Actor, Permission
from panel.domain.transcript import Line, read
from panel.services.access import authorise
from panel.services.discretion import UNREACHED_RULES, may_know
from panel.services.messages import Mail
from panel.services.refusals import NotFound
from panel.storage.database import Session
from panel.storage.queries import transcripts as queries


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said during one attempt."""

    number: int
    provider_name: str
    lines: tuple[Line, ...]


def read_talk(
    session: Session, actor: Actor, *, message_id: str, delivery_id: int, number: int
) -> Talk:
    """The transcript of one attempt.

    Raises NotFound where there is none, for what is not the actor's, and to a partner's people
    for the house's providers.
    """
    authorise(actor, Permission.SEE_MAILING_LOG)
    found = queries.find_transcript(
        session, actor.scope, message_id=message_id, delivery_id=delivery_id, number=number
    )
    if found is None or not _may_read(actor, found.provider_partner_id, found.rule):
        raise NotFound
    return Talk(found.number, found.provider_name, read(found.said))


def talks_of(session: Session, actor: Actor, *, mail: Mail) -> dict[int, tuple[Line, ...]]:
    """The transcripts of the opened delivery that the actor may read, by the attempts' numbers."""
    authorise(actor, Permission.SEE_MAILING_LOG)
    told = [attempt.number for attempt in mail.attempts if attempt.has_transcript]
    said = queries.said_during(session, mail.opened.id, told)
    return {number: read(text) for number, text in said.items()}


def _may_read(actor: Actor, provider_partner_id: int | None, rule: str) -> bool:
    if actor.scope.is_everything:
        return True
    return may_know(actor, provider_partner_id) and rule not in UNREACHED_RULES
