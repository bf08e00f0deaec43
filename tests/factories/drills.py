"""Failover drills with the mail that belongs to them."""

from typing import Any

from panel.domain.delivery import Stream
from panel.storage.database import Session
from panel.storage.models import Delivery, Drill, Provider
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON


def a_drill(
    session: Session,
    down: Provider,
    stand_in: Provider,
    *,
    delivery: Delivery | None = None,
    **overrides: Any,
) -> Drill:
    """A drill that has begun; its mail is queued unless another delivery is given."""
    if delivery is None:
        delivery = a_delivery(session, a_message(session, source="drill", down_provider_id=down.id))
    values: dict[str, Any] = {
        "message_id": delivery.message_id,
        "delivery_id": delivery.id,
        "stream": Stream.SYSTEM,
        "recipient": delivery.recipient,
        "down_provider_id": down.id,
        "down_name": down.name,
        "stand_in_provider_id": stand_in.id,
        "stand_in_name": stand_in.name,
        "started_at": NOON,
        "started_by": "deniz@house.test",
    }
    drill = Drill(**(values | overrides))
    session.add(drill)
    session.flush()
    return drill
