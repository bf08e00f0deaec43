"""Many mails at once, in every state, for lists that must stay quick and readable."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, text

from panel.domain.delivery import (
    WAITING_STATES,
    AttemptStatus,
    DeliveryState,
    Phase,
    Stream,
    flow_id,
)
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Message
from tests.factories.moments import NOON

Row = dict[str, Any]
SENT_OF_TEN = 7
"""Seven of ten mails are sent, the others wait or have failed."""
ODD_STATES = (
    DeliveryState.QUEUED,
    DeliveryState.DEFERRED,
    DeliveryState.HELD,
    DeliveryState.UNCONFIRMED,
    DeliveryState.FAILED,
)


def a_crowd(session: Session, mails: int, *, partner_ids: tuple[int | None, ...] = (None,)) -> None:
    """Mails with one recipient and one attempt each, a second apart and the last at noon."""
    made = [_mail(number, mails, partner_ids) for number in range(mails)]
    session.execute(insert(Message), [message for message, _, _ in made])
    ids = session.scalars(
        insert(Delivery).returning(Delivery.id, sort_by_parameter_order=True),
        [delivery for _, delivery, _ in made],
    )
    session.execute(
        insert(Attempt),
        [
            attempt | {"delivery_id": id_}
            for id_, (_, _, attempt) in zip(ids.all(), made, strict=True)
        ],
    )
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()


def _state(number: int) -> DeliveryState:
    if number % 10 < SENT_OF_TEN:
        return DeliveryState.SENT
    return ODD_STATES[number // 10 % len(ODD_STATES)]


def _mail(number: int, mails: int, partner_ids: tuple[int | None, ...]) -> tuple[Row, Row, Row]:
    """Message, delivery and attempt of one mail; the attempt lacks its delivery's id."""
    state, stream = _state(number), tuple(Stream)[number % 4]
    at = NOON - timedelta(seconds=mails - number)
    is_sent = state is DeliveryState.SENT
    rule, said = ("accepted", "250 Ok") if is_sent else ("greylisted", "451 4.7.1 Come back later")
    shared: Row = {"partner_id": partner_ids[number % len(partner_ids)]}
    message = shared | _message(number, stream, at)
    shared |= {"provider_id": 1, "rule": rule, "said": said}
    delivery = (
        shared
        | {"message_id": message["id"]}
        | _delivery(number, state, stream, shared["partner_id"], at)
    )
    return message, delivery, shared | _attempt(at, is_sent=is_sent)


def _message(number: int, stream: Stream, at: datetime) -> Row:
    return {
        "id": f"01CROWD{number:019}",
        "source": "api",
        "stream": stream,
        "rfc_message_id": f"<{number}@house.test>",
        "subject": f"Your order {number}",
        "header": b"Subject: Your order\r\n",
        "size": 2000,
        "created_at": at,
    }


def _delivery(
    number: int, state: DeliveryState, stream: Stream, partner_id: int | None, at: datetime
) -> Row:
    is_waiting = state in WAITING_STATES
    return {
        "stream": stream,
        "flow": flow_id(stream, partner_id),
        "recipient": f"customer{number}@contoso.test",
        "state": state,
        "attempts": 1,
        "created_at": at,
        "last_attempt_at": at,
        "next_attempt_at": at + timedelta(minutes=5) if is_waiting else None,
        "expires_at": at + timedelta(days=5),
        "ended_at": None if is_waiting else at,
        "route": [],
    }


def _attempt(at: datetime, *, is_sent: bool) -> Row:
    return {
        "number": 1,
        "provider_name": "provider-1",
        "status": AttemptStatus.SUCCESS if is_sent else AttemptStatus.FAIL,
        "phase": Phase.DONE,
        "stage": "final",
        "started_at": at,
        "finished_at": at + timedelta(milliseconds=80),
    }
