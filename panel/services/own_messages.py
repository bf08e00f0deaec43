"""What an application may read back: its own mails, each with its deliveries and attempts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from panel.domain.delivery import DeliveryState
from panel.domain.identifier import LENGTH
from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.refusals import NotFound
from panel.storage.database import Session
from panel.storage.queries import own_messages as queries
from panel.storage.queries.own_messages import OwnAttempt, OwnDelivery, OwnMessage

__all__ = ["OwnAttempt", "OwnDelivery", "OwnMessage", "ShownDelivery", "ShownMessage"]

STATUS_ORDER = (
    DeliveryState.SENDING,
    DeliveryState.QUEUED,
    DeliveryState.DEFERRED,
    DeliveryState.HELD,
    DeliveryState.UNCONFIRMED,
    DeliveryState.FAILED,
    DeliveryState.BOUNCED,
    DeliveryState.EXPIRED,
    DeliveryState.COMPLAINED,
    DeliveryState.CANCELLED,
    DeliveryState.SENT,
    DeliveryState.DELIVERED,
)
"""What is still under way comes first, then what went wrong, then what went well."""


@dataclass(frozen=True, slots=True)
class ShownDelivery:
    """One recipient with all tries, first to last."""

    delivery: OwnDelivery
    attempts: tuple[OwnAttempt, ...]


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as its application may see it."""

    message: OwnMessage
    deliveries: tuple[ShownDelivery, ...]

    @property
    def status(self) -> DeliveryState:
        """The status of the message as a whole."""
        return message_status(item.delivery.state for item in self.deliveries)


def message_status(states: Iterable[DeliveryState]) -> DeliveryState:
    """The first state of STATUS_ORDER that any delivery of a message is in.

    A message whose deliveries were all removed counts as cancelled.
    """
    return min(states, key=STATUS_ORDER.index, default=DeliveryState.CANCELLED)


def find_message(session: Session, actor: Actor, *, message_id: str) -> ShownMessage:
    """The mail with all its recipients; NotFound when the actor did not submit it."""
    authorise(actor, Permission.SUBMIT_MAIL)
    # Some databases choke on a NUL, so nothing else than an id is looked up.
    is_id = len(message_id) == LENGTH and message_id.isascii() and message_id.isalnum()
    message = is_id and queries.find_message(
        session, actor.scope, message_id, application_id=actor.application_id
    )
    if not message:
        raise NotFound
    found = queries.attempts_of(session, message_id)
    attempts = {
        delivery_id: tuple(_discreet(actor, attempt) for attempt in group)
        for delivery_id, group in groupby(found, key=lambda attempt: attempt.delivery_id)
    }
    deliveries = queries.deliveries_of(session, message_id)
    return ShownMessage(
        message, tuple(ShownDelivery(item, attempts.get(item.id, ())) for item in deliveries)
    )


def _discreet(actor: Actor, attempt: OwnAttempt) -> OwnAttempt:
    """A partner's application is not told the names and words of the house's providers."""
    if actor.scope.is_everything or attempt.provider_partner_id == actor.scope.partner_id:
        return attempt
    return replace(attempt, provider_name="", reply_code=None, enhanced_code="", said="")
