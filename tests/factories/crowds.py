"""Many mails at once, in every state, for lists that must stay quick and readable."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, text

from panel.domain.delivery import WAITING_STATES, AttemptStatus, DeliveryState, Phase, Stream
from panel.storage.database import Session
from panel.storage.models import Attempt, Delivery, Message
from tests.factories.moments import NOON

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


def _mail(
    number: int, mails: int, partner_ids: tuple[int | None, ...]
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    state, stream = _state(number), tuple(Stream)[number % 4]
    at = NOON - timedelta(seconds=mails - number)
    is_sent, is_waiting = state is DeliveryState.SENT, state in WAITING_STATES
    owner = {"partner_id": partner_ids[number % len(partner_ids)]}
    rule, said = ("accepted", "250 Ok") if is_sent else ("greylisted", "451 4.7.1 Come back later")
    message = owner | {
        "id": f"01CROWD{number:019}",
        "source": "api",
        "stream": stream,
        "rfc_message_id": f"<{number}@house.test>",
        "subject": f"Your order {number}",
        "header": b"Subject: Your order\r\n",
        "size": 2000,
        "created_at": at,
    }
    delivery = owner | {
        "message_id": message["id"],
        "stream": stream,
        "lane": stream.lane,
        "recipient": f"customer{number}@contoso.test",
        "state": state,
        "attempts": 1,
        "provider_id": 1,
        "created_at": at,
        "last_attempt_at": at,
        "next_attempt_at": at + timedelta(minutes=5) if is_waiting else None,
        "expires_at": at + timedelta(days=5),
        "ended_at": None if is_waiting else at,
        "rule": rule,
        "said": said,
        "route": [],
    }
    attempt = owner | {
        "number": 1,
        "provider_id": 1,
        "provider_name": "provider-1",
        "status": AttemptStatus.SUCCESS if is_sent else AttemptStatus.FAIL,
        "phase": Phase.DONE,
        "stage": "final",
        "rule": rule,
        "said": said,
        "started_at": at,
        "finished_at": at + timedelta(milliseconds=80),
    }
    return message, delivery, attempt
