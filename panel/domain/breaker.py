"""The circuit breaker of a provider: when it is left alone, for how long, and when it is back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from panel.domain.outcome import Effect, Outcome
from panel.domain.smtp_rules_texts import names_day

FIRST_COOL_DOWN = timedelta(seconds=60)
LONGEST_COOL_DOWN = timedelta(minutes=15)
LONG_COOL_DOWN = timedelta(hours=1)
LONGEST_HINT = timedelta(hours=24)
_PASSING = frozenset({Effect.OPEN, Effect.OPEN_AFTER_THREE})
_UNTOUCHED = frozenset({Effect.NONE, Effect.REFUSE_SENDER})


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
    recovered_at: datetime | None = field(default=None, compare=False)
    """When it last came back, or a person changed or tested it; what began before is no news."""
    probe_until: datetime | None = field(default=None, compare=False)
    """A probe mail is on its way, at the longest until then."""

    def is_usable(self, now: datetime) -> bool:
        """Closed, or open and due for a probe mail that is not yet on its way."""
        if self.state is not BreakerState.OPEN:
            return self.state is BreakerState.CLOSED
        is_probing = self.probe_until is not None and self.probe_until > now
        return self.retry_at is not None and self.retry_at <= now and not is_probing

    def is_news(self, began_at: datetime) -> bool:
        """Whether a try that began then can tell more than is known already."""
        known = (self.failed_at, self.recovered_at)
        return all(at is None or at <= began_at for at in known)


CLOSED = Breaker()


def cool_down(failures: int) -> timedelta:
    """One minute, doubled with each failure in a row, at most fifteen.

    It is the same for everybody: one mail at a time tries, so there is no crowd to spread.
    """
    doublings = min(max(failures - 1, 0), 10)
    return min(FIRST_COOL_DOWN * (1 << doublings), LONGEST_COOL_DOWN)


def after(breaker: Breaker, outcome: Outcome, *, began_at: datetime, now: datetime) -> Breaker:
    """The breaker as it is once this outcome is known; the same object when nothing changed.

    `began_at` is when the try began: ten connections that break at once are one fault, a success
    that began before the fault does not undo it, and a fault that began before the provider came
    back does not open it again. What is disabled stays so, whoever still gets through.
    """
    if outcome.effect in _UNTOUCHED or breaker.state is BreakerState.DISABLED:
        return breaker
    is_well = outcome.effect is Effect.RECOVER
    if (is_well and breaker == CLOSED) or not breaker.is_news(began_at):
        return breaker
    if is_well:
        return Breaker(recovered_at=now)
    if _is_known(breaker, outcome, began_at):
        return breaker
    return _failed(breaker, outcome, now)


def _is_known(breaker: Breaker, outcome: Outcome, began_at: datetime) -> bool:
    """A try by somebody who had not yet heard that it is open; only a longer wait is news."""
    is_left_alone = breaker.retry_at is not None and began_at < breaker.retry_at
    return is_left_alone and outcome.effect in _PASSING and outcome.retry_after_s is None


def _failed(breaker: Breaker, outcome: Outcome, now: datetime) -> Breaker:
    failures = breaker.failures + 1
    changed = replace(
        breaker,
        failures=failures,
        failed_at=now,
        rule=outcome.rule,
        said=outcome.said,
        probe_until=None,
    )
    if _disables(breaker, outcome):
        opened_at = breaker.opened_at or now
        return replace(changed, state=BreakerState.DISABLED, opened_at=opened_at, retry_at=None)
    is_closed = breaker.state is BreakerState.CLOSED
    if is_closed and outcome.effect is Effect.OPEN_AFTER_THREE and failures < 3:
        return changed
    return replace(
        changed,
        state=BreakerState.OPEN,
        opened_at=breaker.opened_at or now,
        retry_at=_retry_at(breaker, outcome, now),
    )


def _disables(breaker: Breaker, outcome: Outcome) -> bool:
    """At once, or when the same was said the time before."""
    is_second = breaker.failures > 0 and breaker.rule == outcome.rule
    return outcome.effect is Effect.DISABLE or (
        outcome.effect is Effect.DISABLE_AFTER_TWO and is_second
    )


def _retry_at(breaker: Breaker, outcome: Outcome, now: datetime) -> datetime:
    """What the other side asks for; if that was in vain before, not sooner than without it."""
    if outcome.retry_after_s is not None:
        asked = min(timedelta(seconds=outcome.retry_after_s), LONGEST_HINT)
        is_repeated = breaker.state is BreakerState.OPEN
        return now + (max(asked, cool_down(breaker.failures)) if is_repeated else asked)
    if outcome.effect is Effect.OPEN_UNTIL:
        return _until(breaker, outcome, now)
    if outcome.effect is Effect.OPEN_LONG:
        return now + LONG_COOL_DOWN
    return now + cool_down(breaker.failures + 1)


def _until(breaker: Breaker, outcome: Outcome, now: datetime) -> datetime:
    """The next day, UTC, for the allowance of a day; else an hour.

    Whoever is still refused then counts days differently: from then on it is asked every hour.
    """
    soonest = now + LONG_COOL_DOWN
    if breaker.state is BreakerState.OPEN or not names_day(outcome.said):
        return soonest
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    return max(midnight, soonest)
