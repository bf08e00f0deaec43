"""`/messages/batch`: handing in many mails by one request."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Blueprint, Response

from panel.api.authentication import calling_application
from panel.api.batch_models import (
    MAIL_REFUSED,
    MOST_RECIPIENTS,
    BatchAnswered,
    BatchGiven,
    MessageRefused,
    RightBatch,
)
from panel.api.handover import as_answer, as_submission, current_desk, named_as_given, read_once
from panel.api.message_models import MessageAccepted, MessageGiven
from panel.api.problem import invalid_problem
from panel.api.request_body import parse_json, read_body
from panel.domain.submission import FieldError, InvalidSubmission
from panel.services.submissions import Outcome, submit_batch


def add_routes(blueprint: Blueprint) -> None:
    """Puts the view of this module into the API."""
    blueprint.add_url_rule("/messages/batch", "create_batch", create, methods=["POST"])


def create() -> Response:
    """Accepts or refuses each mail by itself; 202 is said only after the one commit."""
    body = read_body()
    mails = _mails(body)
    _check_number(mails)
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


def _check_number(mails: Iterable[MessageGiven | InvalidSubmission]) -> None:
    """Raises InvalidSubmission when the mails have too many recipients together."""
    given = [mail for mail in mails if isinstance(mail, MessageGiven)]
    number = sum(len(mail.to) + len(mail.cc) + len(mail.bcc) for mail in given)
    if number > MOST_RECIPIENTS:
        message = f"The mails have {number} recipients together; {MOST_RECIPIENTS} are allowed."
        raise InvalidSubmission((FieldError("messages", f"{message} Send them in several parts."),))


def _answer(
    mail: MessageGiven | InvalidSubmission, outcome: Outcome
) -> MessageAccepted | MessageRefused:
    if not isinstance(outcome, InvalidSubmission):
        return as_answer(outcome)
    # The errors of a mail without the right shape bear the names of the JSON already.
    named = named_as_given(outcome) if isinstance(mail, MessageGiven) else outcome
    return MessageRefused(error=invalid_problem(named.errors, MAIL_REFUSED))
