"""From what an application gave to a submission, and from its outcome back to JSON."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

from flask import current_app, request

from panel.api.message_models import (
    YEAR_S,
    DeliveryAccepted,
    MailboxGiven,
    MessageAccepted,
    MessageGiven,
)
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import (
    Accepted,
    Attachment,
    FieldError,
    InvalidSubmission,
    Submission,
)
from panel.services.database import current_engine
from panel.services.submissions import Desk, Once, message_status

_LAST_START = datetime.max.replace(tzinfo=UTC) - timedelta(seconds=YEAR_S)
"""A later start is refused anyway; an end counted from it would lie beyond the calendar."""
DESK = "postroom_desk"
_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


def current_desk() -> Desk:
    """The desk that all requests of this process share."""
    found: Desk | None = current_app.extensions.get(DESK)
    # In one step: of two first requests both get the same one.
    return found or current_app.extensions.setdefault(DESK, Desk(current_engine()))


def read_once(body: bytes) -> Once | None:
    """The Idempotency-Key of the request, if it has one, together with its body and address.

    Raises InvalidSubmission when the key has a wrong form.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        message = "It must have 1 to 255 printable ASCII characters."
        raise InvalidSubmission((FieldError("Idempotency-Key", message),))
    digest = hashlib.sha256(request.path.encode() + b"\n" + body)
    return Once(key=key, body_hash=digest.hexdigest())


def as_submission(given: MessageGiven, *, now: datetime) -> Submission:
    """The mail as the sender takes it."""
    starts_at = min(max(now, given.send_at or now), _LAST_START)
    lasts_s = given.expires_in
    return Submission(
        stream=given.stream,
        sender=_mailbox(given.sender) if given.sender else None,
        to=tuple(map(_mailbox, given.to)),
        cc=tuple(map(_mailbox, given.cc)),
        bcc=tuple(map(_mailbox, given.bcc)),
        reply_to=tuple(map(_mailbox, given.reply_to)),
        subject=given.subject,
        text=given.text,
        html=given.html,
        headers=tuple(given.headers.items()),
        attachments=tuple(
            Attachment(file.filename, file.content_type, file.content, file.content_id or "")
            for file in given.attachments
        ),
        send_at=given.send_at,
        expires_at=starts_at + timedelta(seconds=lasts_s) if lasts_s else None,
        details=given.metadata,
        source="api",
    )


def named_as_given(error: InvalidSubmission) -> InvalidSubmission:
    """The same errors under the names that the fields have in the JSON."""
    return InvalidSubmission(tuple(map(_named_as_given, error.errors)))


def as_answer(accepted: Accepted) -> MessageAccepted:
    """The JSON of an accepted mail."""
    return MessageAccepted(
        id=accepted.message_id,
        status=message_status(item.state for item in accepted.deliveries),
        deliveries=[
            DeliveryAccepted(id=item.id, to=item.recipient, status=item.state)
            for item in accepted.deliveries
        ],
    )


def _mailbox(given: MailboxGiven) -> Mailbox:
    return Mailbox(given.email, given.name)


def _named_as_given(error: FieldError) -> FieldError:
    if error.field == "expires_at":
        return FieldError("expires_in", error.message)
    return error
