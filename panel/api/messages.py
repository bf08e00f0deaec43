"""`/messages`: handing in a mail, and reading back what became of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, Response, request

from panel.api.authentication import calling_application
from panel.api.handover import as_answer, as_submission, current_desk, named_as_given, read_once
from panel.api.message_models import AttemptShown, DeliveryShown, MessageGiven, MessageShown
from panel.api.request_body import read_json
from panel.domain.submission import InvalidSubmission
from panel.services.database import current_session
from panel.services.own_messages import OwnAttempt, ShownDelivery, ShownMessage, find_message
from panel.services.submissions import Submitted, submit_message


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
            current_desk(),
            calling_application(),
            submission=as_submission(given, now=now),
            once=read_once(body),
            now=now,
        )
    except InvalidSubmission as error:
        raise named_as_given(error) from None
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


def _accepted_answer(submitted: Submitted) -> Response:
    answer = as_answer(submitted.accepted)
    headers = {"Location": f"{request.script_root}/api/v1/messages/{answer.id}"}
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
