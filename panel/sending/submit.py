"""The one door through which every mail comes in: checked, given its final form, stored."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from panel.domain.delivery import POLICIES, DeliveryState
from panel.domain.identifier import ulid
from panel.domain.submission import Accepted, AcceptedDelivery, InvalidSubmission, Submission
from panel.sending.address import wire_address
from panel.sending.check import check
from panel.sending.compose import compose
from panel.storage.database import Connection, Session
from panel.storage.queries.policies import own_lives
from panel.storage.queue.intake import NewMessage, take_in


def submit(session: Session, submission: Submission, *, now: datetime) -> Accepted:
    """Stores a mail for all its recipients; it counts as accepted once the caller has committed.

    Raises InvalidSubmission, with nothing stored, naming each field that is wrong.
    """
    (outcome,) = submit_many(session, (submission,), now=now)
    if isinstance(outcome, InvalidSubmission):
        raise outcome
    return outcome


def submit_many(
    session: Session, submissions: Iterable[Submission], *, now: datetime
) -> list[Accepted | InvalidSubmission]:
    """Does for each mail what `submit` does for one; the outcomes come in the order given.

    Of a mail that is refused nothing is stored, and it does not touch the others.
    """
    prepared = [
        prepare(item, partner_id=item.partner_id, application_id=item.application_id, now=now)
        for item in submissions
    ]
    return store(session.connection(), prepared, now=now)


def prepare(
    submission: Submission, *, partner_id: int | None, application_id: int | None, now: datetime
) -> NewMessage | InvalidSubmission:
    """The mail in its final form, or all that is wrong with it. Asks no database.

    It becomes the mail of the partner and the application given here, whatever it says itself.
    What takes time is done here, so that a caller can have it done before his transaction begins:
    on SQLite that keeps all others from writing.
    """
    errors = check(submission, now=now)
    if errors:
        return InvalidSubmission(errors)
    identifier = ulid(now, secrets.token_bytes(10))
    composed = compose(submission, message_id=identifier, date=now)
    due_at = max(submission.send_at or now, now)
    return NewMessage(
        id=identifier,
        partner_id=partner_id,
        application_id=application_id,
        source=submission.source,
        stream=submission.stream,
        rfc_message_id=composed.rfc_message_id,
        subject=submission.subject,
        from_email=wire_address(submission.sender.email) if submission.sender else "",
        header=composed.header,
        body=composed.body,
        content_digest=hashlib.sha256(composed.body).digest(),
        size=composed.size,
        details=submission.details,
        recipients=tuple(_recipients(submission)),
        created_at=now,
        due_at=due_at,
        expires_at=submission.expires_at or due_at + POLICIES[submission.stream].expires_after,
        has_own_end=submission.expires_at is not None,
    )


def store(
    connection: Connection, prepared: Sequence[NewMessage | InvalidSubmission], *, now: datetime
) -> list[Accepted | InvalidSubmission]:
    """Stores what was prepared and is right; whatever was refused comes back in its place."""
    messages = _with_ends(connection, [item for item in prepared if isinstance(item, NewMessage)])
    accepted = iter(map(_accepted, messages, take_in(connection, messages, now=now)))
    return [item if isinstance(item, InvalidSubmission) else next(accepted) for item in prepared]


def _with_ends(connection: Connection, messages: Sequence[NewMessage]) -> list[NewMessage]:
    """Those without an end of their own are tried as long as the organisation's rules say."""
    if all(message.has_own_end for message in messages):
        return list(messages)
    lives = own_lives(connection)
    if not lives:
        return list(messages)
    return [
        message
        if message.has_own_end or message.stream not in lives
        else replace(message, expires_at=message.due_at + lives[message.stream])
        for message in messages
    ]


def _recipients(submission: Submission) -> Iterator[str]:
    """Every address once, in the order given; domains in ASCII and in lower case."""
    seen = set()
    for mailbox in (*submission.to, *submission.cc, *submission.bcc):
        local, _at, domain = wire_address(mailbox.email).rpartition("@")
        address = f"{local}@{domain.lower()}"
        if address not in seen:
            seen.add(address)
            yield address


def _accepted(message: NewMessage, delivery_ids: tuple[int, ...]) -> Accepted:
    deliveries = (
        AcceptedDelivery(delivery_id, recipient, DeliveryState.QUEUED)
        for delivery_id, recipient in zip(delivery_ids, message.recipients, strict=True)
    )
    return Accepted(message.id, tuple(deliveries))
