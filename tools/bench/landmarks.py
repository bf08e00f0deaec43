"""Where things are in a made history, and the addresses of all pages that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState
from panel.domain.permission import HOUSE
from panel.storage.database import make_engine, session_for
from panel.storage.models import Attempt, Delivery, Message, Partner, Provider
from panel.storage.models.delivery import IS_WAITING


@dataclass(frozen=True, slots=True)
class Landmarks:
    """A mail of the middle of the history and the ends of its lists."""

    message_id: str
    delivery_id: int
    attempt_id: int
    recipient: str
    subject: str
    reference: str
    middle_day: str
    next_day: str
    oldest_waiting: int
    oldest_attempt: int
    partner_id: int
    provider_id: int
    """That carries mail every minute."""
    old_provider_id: int
    """That carried none for months."""


def landmarks(url: str) -> Landmarks:
    """Looks them up; the database holds a history and nothing else."""
    engine = make_engine(url)
    try:
        with session_for(engine) as session:
            middle = (session.scalar(select(func.max(Attempt.id))) or 0) // 2
            taken = select(Attempt).where(Attempt.id >= middle, Attempt.provider_reference != "")
            attempt = session.scalars(taken.order_by(Attempt.id).limit(1)).one()
            delivery = session.get_one(Delivery, attempt.delivery_id)
            day = attempt.started_at.replace(hour=0, minute=0, second=0, microsecond=0)
            oldest = select(func.min(Delivery.id)).where(IS_WAITING)
            relays = session.scalars(_RELAYS).all()
            return Landmarks(
                message_id=delivery.message_id,
                delivery_id=delivery.id,
                attempt_id=attempt.id,
                recipient=delivery.recipient,
                subject=session.get_one(Message, delivery.message_id).subject,
                reference=attempt.provider_reference,
                middle_day=f"{day:%Y-%m-%dT%H:%M}",
                next_day=f"{day + timedelta(days=1):%Y-%m-%dT%H:%M}",
                oldest_waiting=session.scalar(oldest) or 0,
                oldest_attempt=session.scalar(select(func.min(Attempt.id))) or 0,
                partner_id=session.scalar(select(func.max(Partner.id))) or 0,
                provider_id=relays[0],
                old_provider_id=relays[-1],
            )
    finally:
        engine.dispose()


_RELAYS = select(Provider.id).where(Provider.name.like("relay-%")).order_by(Provider.id)


def paths(known: Landmarks) -> dict[str, str]:
    """Each page with what it is called in the table."""
    return {
        "overview": "/",
        **{f"queue{name}": _path("/queue", wanted) for name, wanted in _queue(known).items()},
        **{f"log{name}": _path("/mailing-log", wanted) for name, wanted in _log(known).items()},
        "one mail": f"/messages/{known.message_id}",
        "CSV, first byte": "/mailing-log.csv",
        "CSV of failures, first byte": "/mailing-log.csv?status=FAIL",
        "CSV of one address, first byte": _path("/mailing-log.csv", {"query": known.recipient}),
    }


def _queue(known: Landmarks) -> dict[str, dict[str, object]]:
    begins, absent = known.recipient.partition("@")[0][:4], "nobody-at-all@contoso.test"
    return {
        "": {},
        ", deep": {"before": known.oldest_waiting + 60},
        ", back from the end": {"after": known.oldest_waiting},
        **{
            f", {state.value}": {"state": state.value}
            for state in (
                DeliveryState.QUEUED,
                DeliveryState.SENDING,
                DeliveryState.DEFERRED,
                DeliveryState.HELD,
                DeliveryState.UNCONFIRMED,
            )
        },
        ", held, deep": {"state": "held", "before": known.oldest_waiting + 5000},
        ", account type": {"stream": "system"},
        ", address": {"recipient": known.recipient},
        ", beginning of an address": {"recipient": begins},
        ", address of nobody": {"recipient": absent},
        ", state and account type": {"state": "unconfirmed", "stream": "system"},
        ", partner": {"owner": known.partner_id},
        ", the house's": {"owner": HOUSE},
        ", partner and state": {"owner": known.partner_id, "state": "held"},
    }


def _log(known: Landmarks) -> dict[str, dict[str, object]]:
    days: dict[str, object] = {"since": known.middle_day, "until": known.next_day}
    return {
        "": {},
        ", deep": {"before": known.oldest_attempt + 60},
        ", back from the end": {"after": known.oldest_attempt},
        **{f", {word}": {"status": word} for word in ("FAIL", "SUCCESS", "IN PROGRESS")},
        ", provider": {"provider_id": known.provider_id},
        ", provider of long ago": {"provider_id": known.old_provider_id},
        ", partner": {"owner": known.partner_id},
        ", the house's": {"owner": HOUSE},
        ", partner and provider": {"owner": known.partner_id, "provider_id": known.provider_id},
        ", one day": days,
        ", failures of one day": {"status": "FAIL", **days},
        ", address": {"query": known.recipient},
        ", beginning of an address": {"query": known.recipient[:4]},
        ", address of nobody": {"query": "nobody-at-all@contoso.test"},
        ", subject that is common": {"query": "order"},
        ", subject of one mail": {"query": known.subject},
        ", subject of one mail, its day": {"query": known.subject, **days},
        ", subject that nobody has": {"query": "zebra crossing"},
        ", mail's ID": {"query": known.message_id},
        ", queue ID": {"query": known.delivery_id},
        ", provider's reference": {"query": known.reference},
    }


def _path(page: str, wanted: dict[str, object]) -> str:
    return f"{page}?{urlencode(wanted)}" if wanted else page
