"""The one door through which every mail comes in: checked, given its final form, stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime

from panel.domain.delivery import POLICIES, DeliveryState
from panel.domain.identifier import ulid
from panel.domain.submission import Accepted, AcceptedDelivery, InvalidSubmission, Submission
from panel.sending.address import wire_address
from panel.sending.check import check
from panel.sending.compose import Composed, compose
from panel.storage.database import Session
from panel.storage.models import Delivery, Message
from panel.storage.queue.contents import keep_content
from panel.storage.queue.wakeup import notify


def submit(session: Session, submission: Submission, *, now: datetime) -> Accepted:
    """Stores a mail for all its recipients; it counts as accepted once the caller has committed.

    Raises InvalidSubmission, with nothing stored, naming each field that is wrong.
    """
    errors = check(submission, now=now)
    if errors:
        raise InvalidSubmission(errors)
    identifier = ulid(now, secrets.token_bytes(10))
    composed = compose(submission, message_id=identifier, date=now)
    message = _message(submission, composed, identifier=identifier, now=now)
    message.content_digest = keep_content(
        session, hashlib.sha256(composed.body).digest(), composed.body, now=now
    )
    session.add(message)
    session.flush()
    deliveries = [_delivery(message, address, submission) for address in _recipients(submission)]
    session.add_all(deliveries)
    session.flush()
    notify(session)
    return Accepted(
        identifier,
        tuple(AcceptedDelivery(item.id, item.recipient, item.state) for item in deliveries),
    )


def _message(
    submission: Submission, composed: Composed, *, identifier: str, now: datetime
) -> Message:
    return Message(
        id=identifier,
        partner_id=submission.partner_id,
        application_id=submission.application_id,
        source=submission.source,
        stream=submission.stream,
        rfc_message_id=composed.rfc_message_id,
        subject=submission.subject[:1000],
        from_email=wire_address(submission.sender.email) if submission.sender else "",
        header=composed.header,
        size=composed.size,
        details=dict(submission.details),
        created_at=now,
    )


def _recipients(submission: Submission) -> Iterator[str]:
    """Every address once, in the order given; domains in ASCII and in lower case."""
    seen = set()
    for mailbox in (*submission.to, *submission.cc, *submission.bcc):
        local, _at, domain = wire_address(mailbox.email).rpartition("@")
        address = f"{local}@{domain.lower()}"
        if address not in seen:
            seen.add(address)
            yield address


def _delivery(message: Message, address: str, submission: Submission) -> Delivery:
    starts_at = submission.send_at or message.created_at
    default_end = max(starts_at, message.created_at) + POLICIES[message.stream].expires_after
    return Delivery(
        message_id=message.id,
        partner_id=message.partner_id,
        stream=message.stream,
        lane=message.stream.lane,
        recipient=address,
        state=DeliveryState.QUEUED,
        created_at=message.created_at,
        next_attempt_at=max(starts_at, message.created_at),
        expires_at=submission.expires_at or default_end,
    )
