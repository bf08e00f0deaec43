"""A mail that was sent outside the queue, written down like any other once it has ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.domain.outcome import Outcome
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Transcript
from panel.storage.queue.attempts import LONGEST_REFERENCE
from panel.storage.queue.intake import NewMessage, take_in
from panel.storage.queue.progress import LONGEST_SAID


@dataclass(frozen=True, slots=True)
class Carried:
    """One try at one provider, and what came of it."""

    provider_id: int
    provider_name: str
    outcome: Outcome
    started_at: datetime
    finished_at: datetime


def write_down(session: Session, message: NewMessage, carried: Carried) -> int:
    """Adds the mail, its delivery and its only attempt, ended; no worker ever sees it waiting.

    The id of the delivery. The caller commits.
    """
    ((delivery_id,),) = take_in(session.connection(), [message], now=carried.finished_at)
    outcome = carried.outcome
    route = {"provider_id": carried.provider_id, "name": carried.provider_name, "skip": None}
    session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id)
        .values(
            state=DeliveryState.SENT if outcome.is_sent else DeliveryState.FAILED,
            attempts=1,
            last_attempt_at=carried.started_at,
            next_attempt_at=None,
            ended_at=carried.finished_at,
            rule=outcome.rule,
            said=outcome.said[:LONGEST_SAID],
            provider_id=carried.provider_id,
            route=[route],
        ),
        execution_options={"synchronize_session": False},
    )
    session.add(_attempt(delivery_id, message, carried))
    if outcome.transcript:
        session.flush()
        session.add(Transcript(delivery_id=delivery_id, number=1, said=outcome.transcript))
    return delivery_id


def _attempt(delivery_id: int, message: NewMessage, carried: Carried) -> Attempt:
    outcome = carried.outcome
    reply = outcome.reply
    return Attempt(
        delivery_id=delivery_id,
        number=1,
        partner_id=message.partner_id,
        provider_id=carried.provider_id,
        provider_name=carried.provider_name,
        status=AttemptStatus.SUCCESS if outcome.is_sent else AttemptStatus.FAIL,
        phase=Phase.DONE,
        stage=outcome.stage.value,
        rule=outcome.rule,
        reply_code=reply.code if reply else None,
        enhanced_code=(reply.enhanced or "") if reply else "",
        said=outcome.said,
        provider_reference=outcome.provider_reference[:LONGEST_REFERENCE],
        started_at=carried.started_at,
        finished_at=carried.finished_at,
    )
