"""The JSON of a batch: many mails in one request, each with an outcome of its own."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

from panel.api.message_models import Given, MessageAccepted, MessageGiven, Shown
from panel.api.problem import Problem
from panel.api.request_body import field_errors
from panel.domain.submission import InvalidSubmission

MOST_MESSAGES = 1000
MOST_RECIPIENTS = 100_000
"""Of all mails of a batch together: each gets a delivery, all of them in one transaction."""
MAIL_REFUSED = "Some fields of this mail cannot be accepted; it was not taken."


def _by_itself(value: Any, check: ValidatorFunctionWrapHandler) -> Any:
    """A mail that has not the right shape becomes its own refusal, not that of the batch."""
    try:
        return check(value)
    except ValidationError as error:
        return InvalidSubmission(field_errors(error))


class RightBatch(Given):
    """A batch in which every mail has the right shape, as nearly all are; read in half the time."""

    messages: Annotated[list[MessageGiven], Field(min_length=1, max_length=MOST_MESSAGES)]

    @property
    def mails(self) -> list[MessageGiven | InvalidSubmission]:
        """The mails."""
        return list(self.messages)


class BatchGiven(Given):
    """Mails to be sent. Each is accepted or refused as if it had come alone."""

    messages: Annotated[
        list[Annotated[MessageGiven, WrapValidator(_by_itself)]],
        Field(min_length=1, max_length=MOST_MESSAGES),
    ]

    @property
    def mails(self) -> list[MessageGiven | InvalidSubmission]:
        """The mails, and in the place of one without the right shape its faults."""
        return list(self.messages)


class MessageRefused(Shown):
    """A mail of which nothing is stored, and why; the fields are those of this mail."""

    error: Problem


class BatchAnswered(Shown):
    """What became of each mail, in the order in which they were given."""

    messages: list[MessageAccepted | MessageRefused]
