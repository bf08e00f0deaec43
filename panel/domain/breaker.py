"""The circuit breaker of a provider: when it is left alone, for how long, and when it is back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from panel.domain.outcome import Effect, Outcome

FIRST_COOL_DOWN = timedelta(seconds=60)
LONGEST_COOL_DOWN = timedelta(minutes=15)
LONG_COOL_DOWN = timedelta(hours=1)
LONGEST_HINT = timedelta(hours=24)


class BreakerState(StrEnum):
    """Whether a provider may be used."""

    CLOSED = "closed"
    """It is used."""
    OPEN = "open"
    """Left alone until `retry_at`; then one mail at a time tries whether it is back."""
    DISABLED = "disabled"
    """Not used until a person edits or tests it."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is remembered of a provider's faults."""

    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    """Provider faults in a row."""
    failed_at: datetime | None = None
    """When the last counted fault was seen; tries that began before it tell nothing new."""
    opened_at: datetime | None = None
    retry_at: datetime | None = None
    rule: str = ""
    said: str = ""

    def is_usable(self, now: datetime) -> bool:
        """Closed, or open and due for a probe mail."""
        if self.state is BreakerState.OPEN:
            return self.retry_at is not None and self.retry_at <= now
        return self.state is BreakerState.CLOSED


CLOSED = Breaker()


def cool_down(failures: int) -> timedelta:
    """One minute, doubled with each failure in a row, at most fifteen."""
    doublings = min(failures - 1, 10)
    return min(FIRST_COOL_DOWN * (1 << doublings), LONGEST_COOL_DOWN)


def after(breaker: Breaker, outcome: Outcome, *, began_at: datetime, now: datetime) -> Breaker:
    """The breaker as it is once this outcome is known; the same object when nothing changed.

    `began_at` is when the try began: ten connections that break at once are one fault, and a
    success that began before the fault does not undo it.
    """
    if outcome.effect in (Effect.NONE, Effect.REFUSE_SENDER) or _is_old(breaker, began_at):
        return breaker
    if outcome.effect is Effect.RECOVER:
        return breaker if breaker == CLOSED else CLOSED
    failures = breaker.failures + 1
    changed = replace(
        breaker, failures=failures, failed_at=now, rule=outcome.rule, said=outcome.said
    )
    if _disables(outcome.effect, failures):
        opened_at = breaker.opened_at or now
        return replace(changed, state=BreakerState.DISABLED, opened_at=opened_at, retry_at=None)
    if outcome.effect is Effect.OPEN_AFTER_THREE and failures < 3:
        return changed
    return replace(
        changed,
        state=BreakerState.OPEN,
        opened_at=breaker.opened_at or now,
        retry_at=now + _pause(outcome, failures),
    )


def _is_old(breaker: Breaker, began_at: datetime) -> bool:
    return breaker.failed_at is not None and began_at < breaker.failed_at


def _disables(effect: Effect, failures: int) -> bool:
    return effect is Effect.DISABLE or (effect is Effect.DISABLE_AFTER_TWO and failures >= 2)


def _pause(outcome: Outcome, failures: int) -> timedelta:
    if outcome.retry_after_s is not None:
        return min(timedelta(seconds=outcome.retry_after_s), LONGEST_HINT)
    if outcome.effect in (Effect.OPEN_LONG, Effect.OPEN_UNTIL):
        return LONG_COOL_DOWN
    return cool_down(failures)
