"""Messages, deliveries and attempts as they lie in the database."""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from panel.domain.delivery import AttemptStatus, DeliveryState, Phase, Stream, flow_id
from panel.domain.identifier import ulid
from panel.storage.database import Session
from panel.storage.models import Attempt, Content, Delivery, Message
from tests.factories.moments import NOON


def a_message(session: Session, **overrides: Any) -> Message:
    """A short text mail of the house without recipients."""
    body = overrides.pop("body", b"Good day.\r\n")
    digest = hashlib.sha256(body).digest()
    if session.get(Content, digest) is None:
        session.add(Content(digest=digest, body=body, created_at=NOON))
        session.flush()
    identifier = ulid(overrides.get("created_at", NOON), secrets.token_bytes(10))
    values: dict[str, Any] = {
        "id": identifier,
        "partner_id": None,
        "source": "api",
        "stream": Stream.SYSTEM,
        "rfc_message_id": f"<{identifier}@house.test>",
        "subject": "Your order",
        "from_email": "",
        "header": f"Subject: Your order\r\nMessage-ID: <{identifier}@house.test>\r\n".encode(),
        "content_digest": digest,
        "size": 100,
        "created_at": NOON,
    }
    message = Message(**(values | overrides))
    session.add(message)
    session.flush()
    return message


def a_delivery(session: Session, message: Message | None = None, **overrides: Any) -> Delivery:
    """A delivery that is queued and due."""
    message = message or a_message(session)
    values: dict[str, Any] = {
        "message_id": message.id,
        "partner_id": message.partner_id,
        "stream": message.stream,
        "flow": flow_id(message.stream, message.partner_id),
        "recipient": "lena@contoso.test",
        "state": DeliveryState.QUEUED,
        "created_at": message.created_at,
        "next_attempt_at": message.created_at,
        "expires_at": message.created_at + timedelta(days=5),
    }
    delivery = Delivery(**(values | overrides))
    session.add(delivery)
    session.flush()
    return delivery


def an_attempt(session: Session, delivery: Delivery | None = None, **overrides: Any) -> Attempt:
    """A refused attempt of a delivery."""
    delivery = delivery or a_delivery(session)
    delivery.attempts += 1
    values: dict[str, Any] = {
        "delivery_id": delivery.id,
        "number": delivery.attempts,
        "partner_id": delivery.partner_id,
        "provider_id": 1,
        "provider_name": "provider-1",
        "status": AttemptStatus.FAIL,
        "phase": Phase.DONE,
        "stage": "rcpt",
        "rule": "greylisted",
        "reply_code": 451,
        "enhanced_code": "4.7.1",
        "said": "451 4.7.1 Greylisted, come back later",
        "started_at": NOON,
        "finished_at": NOON + timedelta(milliseconds=120),
    }
    attempt = Attempt(**(values | overrides))
    session.add(attempt)
    session.flush()
    return attempt
