"""What follows from an outcome for a delivery: its next state, and whether the round goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.delivery import DeliveryState, Stream, StreamPolicy, UnconfirmedPolicy
from panel.domain.outcome import Move, Outcome
from panel.domain.retry import NO_PROVIDER_DELAY, next_attempt_at

NO_PROVIDER = "no_route"
NEXT_MOVES = frozenset({Move.NEXT, Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL, Move.AGAIN})
"""Moves by which the present round goes on at another provider; AGAIN once it was in vain."""


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


def decide(
    outcome: Outcome,
    standing: Standing,
    policy: StreamPolicy,
    *,
    now: datetime,
    jitter: float,
    others_may_help: bool = False,
) -> Decision:
    """The end of a round in which `outcome` was the last word.

    A provider's fault waits, it never fails a mail; a refusal of message or recipient is final.
    `others_may_help`: a provider of the chain could not be asked in this round, so that a
    refusal that another provider might not share has to wait for it.
    """
    if outcome.is_sent:
        return sent(outcome)
    if outcome.move is Move.UNCONFIRMED:
        return _unconfirmed(outcome, policy, now)
    if _is_final(outcome, others_may_help=others_may_help):
        return Decision(DeliveryState.FAILED, outcome.rule, outcome.said)
    at = next_attempt_at(
        standing.retries,
        policy.schedule,
        now=now,
        jitter=jitter,
        at_least_s=outcome.retry_after_s,
    )
    return Decision(
        DeliveryState.DEFERRED,
        outcome.rule,
        outcome.said,
        next_attempt_at=min(at, standing.expires_at),
        counts_as_retry=True,
        sticky=outcome.move is Move.WAIT_SAME,
    )


def sent(outcome: Outcome) -> Decision:
    """A provider took it, whatever the rules of its stream are."""
    return Decision(DeliveryState.SENT, outcome.rule, outcome.said)


def _is_final(outcome: Outcome, *, others_may_help: bool) -> bool:
    if outcome.move is Move.FAIL:
        return True
    return outcome.move in (Move.NEXT_THEN_FAIL, Move.NEXT_OR_FAIL) and not others_may_help


def refused_by_all(rule: str, said: str) -> Decision:
    """Every provider of the chain is known to refuse such a mail."""
    return Decision(DeliveryState.FAILED, rule, said)


def held_without_provider(
    said: str, standing: Standing, *, now: datetime, until: datetime | None = None
) -> Decision:
    """Nobody can carry it now: it waits, and looks again soon, at the latest at `until`."""
    at = min(now + NO_PROVIDER_DELAY, standing.expires_at, until or standing.expires_at)
    return Decision(DeliveryState.HELD, NO_PROVIDER, said, next_attempt_at=at)


def _unconfirmed(outcome: Outcome, policy: StreamPolicy, now: datetime) -> Decision:
    holds = policy.unconfirmed is UnconfirmedPolicy.HOLD
    at = None if holds else now + policy.unconfirmed_delay
    return Decision(DeliveryState.UNCONFIRMED, outcome.rule, outcome.said, next_attempt_at=at)
