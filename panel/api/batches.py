"""`/messages/batch`: handing in many mails by one request."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response

from panel.api.authentication import calling_application
from panel.api.batch_models import (
    MAIL_REFUSED,
    BatchAnswered,
    BatchGiven,
    MessageRefused,
    RightBatch,
)
from panel.api.handover import as_answer, as_submission, current_desk, named_as_given, read_once
from panel.api.message_models import MessageAccepted, MessageGiven
from panel.api.problem import invalid_problem
from panel.api.request_body import parse_json, read_body
from panel.domain.submission import InvalidSubmission
from panel.services.submissions import Outcome, submit_batch


def add_routes(blueprint: Blueprint) -> None:
    """Puts the view of this module into the API."""
    blueprint.add_url_rule("/messages/batch", "create_batch", create, methods=["POST"])


def create() -> Response:
    """Accepts or refuses each mail by itself; 202 is said only after the one commit."""
    body = read_body()
    mails = _mails(body)
    now = datetime.now(UTC)
    submitted = submit_batch(
        current_desk(),
        calling_application(),
        submissions=[
            as_submission(mail, now=now) if isinstance(mail, MessageGiven) else mail
            for mail in mails
        ],
        once=read_once(body),
        now=now,
    )
    answer = BatchAnswered(messages=list(map(_answer, mails, submitted.outcomes)))
    headers = {"Idempotency-Replayed": "true"} if submitted.is_repeated else {}
    return Response(answer.model_dump_json(), 202, headers, mimetype="application/json")


def _mails(body: bytes) -> list[MessageGiven | InvalidSubmission]:
    """The mails, and in the place of one without the right shape its faults."""
    try:
        return parse_json(RightBatch, body).mails
    except InvalidSubmission:
        return parse_json(BatchGiven, body).mails


def _answer(
    mail: MessageGiven | InvalidSubmission, outcome: Outcome
) -> MessageAccepted | MessageRefused:
    if not isinstance(outcome, InvalidSubmission):
        return as_answer(outcome)
    # The errors of a mail without the right shape bear the names of the JSON already.
    named = named_as_given(outcome) if isinstance(mail, MessageGiven) else outcome
    return MessageRefused(error=invalid_problem(named.errors, MAIL_REFUSED))
