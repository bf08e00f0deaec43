"""`/messages`: handing in a mail, and reading back what became of it."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request, url_for

from panel.api.authentication import calling_application
from panel.api.message_models import (
    AttemptShown,
    DeliveryAccepted,
    DeliveryShown,
    MailboxGiven,
    MessageAccepted,
    MessageGiven,
    MessageShown,
)
from panel.api.request_body import read_json
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Attachment, FieldError, InvalidSubmission, Submission
from panel.services.database import current_session
from panel.services.own_messages import OwnAttempt, ShownDelivery, ShownMessage, find_message
from panel.services.submissions import Once, Submitted, submit_message

_KEY = re.compile(r"[!-~](?:[ -~]{0,253}[!-~])?")


def add_routes(blueprint: Blueprint) -> None:
    """Puts the views of this module into the API."""
    blueprint.add_url_rule("/messages", "create_message", create, methods=["POST"])
    blueprint.add_url_rule("/messages/<message_id>", "show_message", show, methods=["GET"])


def create() -> Response:
    """Accepts a mail; 202 is said only after it has been committed."""
    given, body = read_json(MessageGiven)
    now = datetime.now(UTC)
    try:
        submitted = submit_message(
            current_session(),
            calling_application(),
            submission=_submission(given, now=now),
            once=_once(body),
            now=now,
        )
    except InvalidSubmission as error:
        raise InvalidSubmission(tuple(map(_named_as_given, error.errors))) from None
    return _accepted_answer(submitted)


def show(message_id: str) -> Response:
    """State, deliveries and attempts of one of the caller's own messages."""
    shown = find_message(current_session(), calling_application(), message_id=message_id)
    return message_answer(shown)


def message_answer(shown: ShownMessage) -> Response:
    """The JSON of a message as it stands now."""
    answer = MessageShown(
        id=shown.message.id,
        status=shown.status,
        stream=shown.message.stream,
        subject=shown.message.subject,
        created_at=shown.message.created_at,
        deliveries=[_shown_delivery(item) for item in shown.deliveries],
    )
    return Response(answer.model_dump_json(), mimetype="application/json")


def _once(body: bytes) -> Once | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not _KEY.fullmatch(key):
        message = "It must have 1 to 255 printable ASCII characters."
        raise InvalidSubmission((FieldError("Idempotency-Key", message),))
    digest = hashlib.sha256(request.path.encode() + b"\n" + body)
    return Once(key=key, body_hash=digest.hexdigest())


def _submission(given: MessageGiven, *, now: datetime) -> Submission:
    starts_at = max(now, given.send_at or now)
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


def _mailbox(given: MailboxGiven) -> Mailbox:
    return Mailbox(given.email, given.name)


def _named_as_given(error: FieldError) -> FieldError:
    """An error of the submission under the name that the field has in the JSON."""
    if error.field == "expires_at":
        return FieldError("expires_in", error.message)
    return error


def _accepted_answer(submitted: Submitted) -> Response:
    accepted = submitted.accepted
    answer = MessageAccepted(
        id=accepted.message_id,
        status=submitted.status,
        deliveries=[
            DeliveryAccepted(id=item.id, to=item.recipient, status=item.state)
            for item in accepted.deliveries
        ],
    )
    headers = {"Location": url_for("api.show_message", message_id=accepted.message_id)}
    if submitted.is_repeated:
        headers["Idempotency-Replayed"] = "true"
    return Response(answer.model_dump_json(), 202, headers, mimetype="application/json")


def _shown_delivery(item: ShownDelivery) -> DeliveryShown:
    return DeliveryShown(
        id=item.delivery.id,
        to=item.delivery.recipient,
        status=item.delivery.state,
        attempts=[_shown_attempt(attempt) for attempt in item.attempts],
    )


def _shown_attempt(attempt: OwnAttempt) -> AttemptShown:
    took = attempt.finished_at - attempt.started_at if attempt.finished_at else None
    return AttemptShown(
        number=attempt.number,
        provider=attempt.provider_name,
        status=attempt.status,
        reply_code=attempt.reply_code,
        enhanced_code=attempt.enhanced_code,
        reason=attempt.rule,
        reply=attempt.said,
        started_at=attempt.started_at,
        duration_ms=None if took is None else round(took / timedelta(milliseconds=1)),
    )
