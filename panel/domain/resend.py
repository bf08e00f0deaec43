"""Whether a mail may be sent once more, as a new mail to one of its recipients."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from panel.domain.delivery import DUE_STATES, DeliveryState

SOURCE = "resend"
"""How such a mail came in."""
NOT_TO_BE_REPEATED = frozenset({"test", "drill"})
"""Sources of mails that are repeated where they were made, if at all."""


class ResendObstacle(StrEnum):
    """Why it cannot be sent once more."""

    NOT_OVER = "not_over"
    OWN_MAIL = "own_mail"
    """A test mail or a drill."""
    NO_CONTENT = "no_content"
    TOO_LATE = "too_late"
    PARTNER = "partner"
    APPLICATION = "application"
    STREAM = "stream"
    SENDER = "sender"


@dataclass(frozen=True, slots=True)
class ResendCase:
    """What of an earlier mail decides."""

    state: DeliveryState
    source: str
    has_content: bool
    expires_at: datetime
    is_short_lived: bool
    """It was made to be worthless soon, like a log-in code."""
    is_partner_on: bool
    """The partner that it belongs to may send; True for the house's own mail."""
    is_application_on: bool
    """So may the application that handed it in; True where it was none."""
    may_use_stream: bool
    may_use_sender: bool


def resend_obstacle(case: ResendCase, *, now: datetime) -> ResendObstacle | None:
    """None when it may be sent once more."""
    if case.state in DUE_STATES | {DeliveryState.SENDING}:
        return ResendObstacle.NOT_OVER
    found = (
        (ResendObstacle.OWN_MAIL, case.source in NOT_TO_BE_REPEATED),
        (ResendObstacle.NO_CONTENT, not case.has_content),
        (ResendObstacle.TOO_LATE, case.is_short_lived and case.expires_at <= now),
        (ResendObstacle.PARTNER, not case.is_partner_on),
        (ResendObstacle.APPLICATION, not case.is_application_on),
        (ResendObstacle.STREAM, not case.may_use_stream),
        (ResendObstacle.SENDER, not case.may_use_sender),
    )
    return next((obstacle for obstacle, is_there in found if is_there), None)
