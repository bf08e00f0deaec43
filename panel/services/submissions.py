"""Mail from applications and the command line, handed in; repeated safely where a key says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Actor, Permission
from panel.domain.submission import Accepted, FieldError, InvalidSubmission, Submission
from panel.sending.check import check
from panel.sending.submit import prepare
from panel.services import application_tokens
from panel.services.access import authorise
from panel.services.own_messages import message_status
from panel.services.refusals import NotAllowed
from panel.services.submission_answers import Outcome
from panel.services.submission_desk import Busy, Desk, own_desk
from panel.services.submission_intake import HandIn, Once, PreparedMail, SubmittedBatch
from panel.storage import database

__all__ = [
    "Busy",
    "Desk",
    "Once",
    "Outcome",
    "Submitted",
    "SubmittedBatch",
    "check_submission",
    "is_passing",
    "message_status",
    "own_desk",
    "submit_batch",
    "submit_message",
]

log = structlog.get_logger()

NOT_COMPOSED = FieldError(
    "body", "Postroom cannot write this mail; its log has the details. Send it in another form."
)


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer to a submission."""

    accepted: Accepted
    is_repeated: bool
    """It was accepted earlier; this is the answer that it got then."""

    @property
    def status(self) -> DeliveryState:
        """The status of the message as a whole."""
        return message_status(item.state for item in self.accepted.deliveries)


def submit_message(
    desk: Desk,
    actor: Actor,
    *,
    submission: Submission,
    now: datetime,
    once: Once | None = None,
) -> Submitted:
    """Accepts a mail: it is stored and committed when this returns.

    An application's mail becomes its own and its partner's, whatever `submission` says; `once` is
    for applications only. Raises InvalidSubmission naming each field that is wrong, Conflict when
    the key was used with another body, NotAllowed when the application was revoked, and Busy or
    the database's error when the database cannot take it now; nothing is stored then.
    """
    authorise(actor, Permission.SUBMIT_MAIL)
    batch = submit_batch(desk, actor, submissions=(submission,), once=once, now=now)
    (outcome,) = batch.outcomes
    if isinstance(outcome, InvalidSubmission):
        raise outcome
    return Submitted(outcome, is_repeated=batch.is_repeated)


def submit_batch(
    desk: Desk,
    actor: Actor,
    *,
    submissions: Iterable[Submission | InvalidSubmission],
    now: datetime,
    once: Once | None = None,
) -> SubmittedBatch:
    """Accepts or refuses each mail by itself; all that are accepted are committed together.

    What was found invalid before keeps its place. The rules are those of `submit_message`, and
    `once` holds for the batch as a whole: one of which no mail was accepted leaves its key free.
    """
    authorise(actor, Permission.SUBMIT_MAIL)
    # Before the transaction begins: on SQLite it keeps all others from writing.
    mails = [_prepared(actor, item, now=now) for item in submissions]
    try:
        return desk.hand_in(HandIn(actor.application_id, mails, once, now))
    except NotAllowed:
        if actor.application_id is not None:
            application_tokens.forget(actor.application_id)
        raise


def check_submission(submission: Submission, *, now: datetime) -> None:
    """Raises InvalidSubmission for what nobody could submit; asks no database."""
    errors = check(submission, now=now)
    if errors:
        raise InvalidSubmission(errors)


def is_passing(error: Exception) -> bool:
    """Whether what kept a mail from being taken may pass by itself, so that a repeat may help."""
    return isinstance(error, Busy) or database.is_passing(error)


def _prepared(
    actor: Actor, submission: Submission | InvalidSubmission, *, now: datetime
) -> PreparedMail:
    if isinstance(submission, InvalidSubmission):
        return PreparedMail(None, submission)
    is_application = actor.application_id is not None
    try:
        form = prepare(
            submission,
            partner_id=actor.scope.partner_id if is_application else submission.partner_id,
            application_id=actor.application_id if is_application else submission.application_id,
            now=now,
        )
    except Exception as error:
        log.error("mail_not_composed", actor=actor.name, exc_info=error)
        return PreparedMail(None, InvalidSubmission((NOT_COMPOSED,)))
    return PreparedMail(submission, form)
