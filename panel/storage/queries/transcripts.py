"""What was said during attempts: asked for one by one, as few people want to read it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from panel.domain.permission import Scope
from panel.storage.models import Attempt, Delivery, Provider, Transcript
from panel.storage.scope import within


@dataclass(frozen=True, slots=True)
class AttemptTranscript:
    """Of one attempt; `provider_partner_id` says whose provider it was, None: the house's."""

    number: int
    provider_name: str
    provider_partner_id: int | None
    rule: str
    said: str


def find_transcript(
    session: Session, scope: Scope, *, message_id: str, delivery_id: int, number: int
) -> AttemptTranscript | None:
    """None when there is none, or the mail is not in scope."""
    statement = (
        select(
            Transcript.number,
            Attempt.provider_name,
            Provider.partner_id,
            Attempt.rule,
            Transcript.said,
        )
        .join(Delivery, Delivery.id == Transcript.delivery_id)
        .join(
            Attempt,
            (Attempt.delivery_id == Transcript.delivery_id) & (Attempt.number == Transcript.number),
        )
        .outerjoin(Provider, Provider.id == Attempt.provider_id)
        .where(
            Transcript.delivery_id == delivery_id,
            Transcript.number == number,
            Delivery.message_id == message_id,
        )
    )
    row = session.execute(within(statement, Delivery.partner_id, scope)).one_or_none()
    return AttemptTranscript(*row) if row else None


def said_during(session: Session, delivery_id: int, numbers: Collection[int]) -> dict[int, str]:
    """What was said during these attempts of a delivery, by their numbers."""
    rows = session.execute(
        select(Transcript.number, Transcript.said).where(
            Transcript.delivery_id == delivery_id, Transcript.number.in_(numbers)
        )
    )
    return {row.number: row.said for row in rows}
