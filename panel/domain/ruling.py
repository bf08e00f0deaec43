"""What a person may decide about a delivery, and what stands in the way.

What follows from a provider's answer is in `panel.domain.decision`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from panel.domain.delivery import DUE_STATES, DeliveryState

LONGEST_NOTE = 500
"""Characters of the words that somebody gives as the reason."""
SHORT_LIFE = timedelta(hours=1)
"""A mail that was made to live for less says by that when it is worthless, a log-in code for
example: nobody sends it later than that. No stream's own rule is shorter."""


class Choice(StrEnum):
    """What can be decided, in the order in which it is offered."""

    SEND_NOW = "send_now"
    """It does not wait for its time any longer; whatever held it is forgotten."""
    SEND_AGAIN = "send_again"
    """A further try of what has ended, or a marked second copy of what may have arrived."""
    COUNT_AS_SENT = "count_as_sent"
    GIVE_UP = "give_up"
    """It counts as failed, although it may have arrived."""
    HOLD = "hold"
    """It waits until a person decides otherwise."""
    CANCEL = "cancel"
    """It is never sent. Only for what certainly has not been handed over."""


class Obstacle(StrEnum):
    """Why something cannot be decided."""

    WAITING = "waiting"
    BEING_SENT = "being_sent"
    MAY_HAVE_ARRIVED = "may_have_arrived"
    TAKEN = "taken"
    ENDED = "ended"
    TOO_LATE = "too_late"
    NO_CONTENT = "no_content"


@dataclass(frozen=True, slots=True)
class Case:
    """What of a delivery decides what can be decided."""

    state: DeliveryState
    is_copy: bool
    """It is to go out, or has gone out, a second time."""
    expires_at: datetime
    is_taken: bool = False
    """A provider took it in some attempt."""
    has_content: bool = True
    is_short_lived: bool = False
    """It was made to live for less than `SHORT_LIFE`."""


_OBSTACLES = {
    DeliveryState.SENDING: Obstacle.BEING_SENT,
    DeliveryState.UNCONFIRMED: Obstacle.MAY_HAVE_ARRIVED,
    DeliveryState.FAILED: Obstacle.ENDED,
    DeliveryState.EXPIRED: Obstacle.ENDED,
    DeliveryState.CANCELLED: Obstacle.ENDED,
    **dict.fromkeys(DUE_STATES, Obstacle.WAITING),
}
"""What a state stands for; those that are not here mean that a provider took it."""
_AGAIN = frozenset({DeliveryState.UNCONFIRMED, DeliveryState.FAILED, DeliveryState.EXPIRED})


def choices(case: Case, *, now: datetime) -> tuple[Choice, ...]:
    """Everything that can be decided."""
    return tuple(choice for choice in Choice if obstacle(choice, case, now=now) is None)


def obstacle(choice: Choice, case: Case, *, now: datetime) -> Obstacle | None:
    """Why it cannot be decided like this; None when it can."""
    if choice is Choice.SEND_AGAIN:
        return _obstacle_to_a_further_try(case, now)
    may_be_out = _may_be_out(case)
    if choice in (Choice.COUNT_AS_SENT, Choice.GIVE_UP):
        return None if may_be_out else _standing(case)
    if case.state not in DUE_STATES:
        return _standing(case)
    if choice is Choice.CANCEL:
        # Cancelled means that nothing was sent.
        return Obstacle.MAY_HAVE_ARRIVED if may_be_out else None
    if choice is Choice.HOLD:
        return Obstacle.WAITING if case.state is DeliveryState.HELD else None
    return None


def _obstacle_to_a_further_try(case: Case, now: datetime) -> Obstacle | None:
    if case.is_taken:
        return Obstacle.TAKEN
    if case.state not in _AGAIN:
        return _standing(case)
    if not case.has_content:
        return Obstacle.NO_CONTENT
    return Obstacle.TOO_LATE if case.expires_at <= now and case.is_short_lived else None


def _may_be_out(case: Case) -> bool:
    is_waiting_copy = case.state in DUE_STATES and case.is_copy
    return case.state is DeliveryState.UNCONFIRMED or is_waiting_copy


def _standing(case: Case) -> Obstacle:
    return _OBSTACLES.get(case.state, Obstacle.TAKEN)
