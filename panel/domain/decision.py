"""What follows from an outcome for a delivery: its next state, and whether the round goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.delivery import POLICIES, DeliveryState, Stream, UnconfirmedPolicy
from panel.domain.outcome import Move, Outcome
from panel.domain.retry import NO_PROVIDER_DELAY, next_attempt_at

NO_PROVIDER = "no_provider"
EXPIRED = "expired"
NEXT_MOVES = frozenset({Move.NEXT, Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL})
"""Moves by which the present round goes on at another provider."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a delivery the decision depends on."""

    stream: Stream
    retries: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Decision:
    """The state in which a round leaves a delivery."""

    state: DeliveryState
    rule: str
    said: str
    next_attempt_at: datetime | None = None
    counts_as_retry: bool = False
    sticky: bool = False
    """The next round begins at the same provider."""


def goes_on(outcome: Outcome, *, has_next: bool, moved_once: bool) -> bool:
    """Whether the next provider is tried now; `moved_once`: one was tried for such a refusal."""
    if outcome.move is Move.NEXT_THEN_FAIL:
        return has_next and not moved_once
    return has_next and outcome.move in NEXT_MOVES


def decide(outcome: Outcome, standing: Standing, *, now: datetime, jitter: float) -> Decision:
    """The end of a round in which `outcome` was the last word.

    A provider's fault waits, it never fails a mail; a refusal of message or recipient is final.
    """
    if outcome.is_sent:
        return Decision(DeliveryState.SENT, outcome.rule, outcome.said)
    if outcome.move is Move.UNCONFIRMED:
        return _unconfirmed(outcome, standing, now)
    if outcome.move in (Move.FAIL, Move.NEXT_THEN_FAIL, Move.NEXT_OR_FAIL):
        return Decision(DeliveryState.FAILED, outcome.rule, outcome.said)
    at = next_attempt_at(standing.retries, now=now, jitter=jitter, at_least_s=outcome.retry_after_s)
    if at >= standing.expires_at:
        at = standing.expires_at
    return Decision(
        DeliveryState.DEFERRED,
        outcome.rule,
        outcome.said,
        next_attempt_at=at,
        counts_as_retry=True,
        sticky=outcome.move is Move.WAIT_SAME,
    )


def held_without_provider(said: str, standing: Standing, *, now: datetime) -> Decision:
    """Nobody can carry it now: it waits, and looks again soon."""
    at = min(now + NO_PROVIDER_DELAY, standing.expires_at)
    return Decision(DeliveryState.HELD, NO_PROVIDER, said, next_attempt_at=at)


def expired(standing: Standing) -> Decision:
    """Its time is over; `said` keeps the last reason, so it is left to the caller."""
    return Decision(DeliveryState.EXPIRED, EXPIRED, f"Not sent by {standing.expires_at:%c} UTC.")


def _unconfirmed(outcome: Outcome, standing: Standing, now: datetime) -> Decision:
    policy = POLICIES[standing.stream]
    if policy.unconfirmed is UnconfirmedPolicy.HOLD:
        at = None
    else:
        at = now + policy.unconfirmed_delay
    return Decision(DeliveryState.UNCONFIRMED, outcome.rule, outcome.said, next_attempt_at=at)
