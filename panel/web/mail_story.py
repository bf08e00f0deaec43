"""What happened to one mail, as the lines of a story: its tries, and what was decided about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.domain.delivery import DUE_STATES, AttemptStatus, DeliveryState
from panel.domain.http_rules import HttpRule
from panel.domain.outcome import Move, Scope
from panel.domain.outcome_rules import rule as outcome_rule
from panel.domain.smtp_rules import Rule
from panel.services.messages import Mail, MailAttempt
from panel.services.rulings import Decided
from panel.web.decisions import done_words, told_by
from panel.web.explanations import Explanation, explain, reason

PAUSE = timedelta(seconds=50)
"""A longer rest between two tries means that the mail waited: no schedule has a shorter delay."""
MOVES_ON = (Move.NEXT, Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL)
MOVED_ON = _l("The provider's fault: the mail moved on to the next one.")
MAY_BE_TAKEN = _l("A provider that could not be asked may still take it: it is tried again later.")
CONSEQUENCES: dict[Move, LazyString] = {
    Move.NEXT: _l("The provider's fault, not the mail's: it is tried again later."),
    Move.AGAIN: _l("The mail was offered again at once."),
    Move.WAIT: _l("It is tried again later."),
    Move.WAIT_SAME: _l("It is tried again later at the same provider."),
    Move.FAIL: _l("This is final: another provider would hear the same."),
    Move.NEXT_OR_FAIL: _l("No other provider was left that might take it."),
    Move.NEXT_THEN_FAIL: _l("No other provider was left that might take it."),
    Move.UNCONFIRMED: _l("The mail may have arrived: it had been handed over."),
}
OVERTAKEN: dict[DeliveryState, LazyString] = {
    DeliveryState.EXPIRED: _l("Its time was over before another try."),
    DeliveryState.CANCELLED: _l("It was cancelled before another try."),
}
"""What came instead of the next try."""


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt with its reason and what followed from it."""

    kind: ClassVar[str] = "try"
    attempt: MailAttempt
    words: Explanation | None
    consequence: LazyString | None
    is_overtaken: bool = field(default=False, kw_only=True)
    """There is no further try."""
    round_number: int | None = None
    """Set where a further way along the chain begins."""

    @property
    def at(self) -> datetime:
        """When it began."""
        return self.attempt.started_at

    @property
    def advice(self) -> LazyString | None:
        """What to do about it; None where that would be to wait for what does not come."""
        if self.words is None or (self.is_overtaken and self.words.is_to_wait):
            return None
        return self.words.advice


@dataclass(frozen=True, slots=True)
class Told:
    """One decision about the mail."""

    kind: ClassVar[str] = "ruling"
    id: int
    at: datetime
    what: str
    who: str
    note: str


def story(mail: Mail) -> list[Try | Told]:
    """Everything that happened to the opened delivery, first to last."""
    told = [_told(one) for one in mail.rulings]
    lines: list[Try | Told] = [*tries(mail), *told]
    return sorted(lines, key=lambda line: line.at)


def standing(mail: Mail) -> Explanation | None:
    """Why the opened delivery is as it is, and what to do; None before anything has happened.

    One whose time is over keeps its last reason, but what that asks for is too late.
    """
    last = reason(mail.opened.rule, mail.opened.said)
    if mail.opened.state is not DeliveryState.EXPIRED:
        return last
    over = explain("expired")
    return replace(over, cause=last.cause) if last else over


def tries(mail: Mail) -> list[Try]:
    """The attempts of the opened delivery, first to last."""
    found = []
    for number, one_round in enumerate(rounds(mail.attempts), start=1):
        following = [*one_round[1:], None]
        for one, after in zip(one_round, following, strict=True):
            begins = number if number > 1 and one is one_round[0] else None
            found.append(_try(mail, one, after, begins))
    return found


def rounds(attempts: Sequence[MailAttempt]) -> list[list[MailAttempt]]:
    """The attempts by their ways along the chain, as far as these can be told from outside.

    A new one begins after a rest, or at a provider that has had its turn.
    """
    found: list[list[MailAttempt]] = []
    for one in attempts:
        if not found or _begins_anew(found[-1], one):
            found.append([])
        found[-1].append(one)
    return found


def _begins_anew(present: Sequence[MailAttempt], one: MailAttempt) -> bool:
    last = present[-1]
    row = _rule_of(last)
    if row is not None and row.move is Move.AGAIN and last.provider_id == one.provider_id:
        return False
    has_had_its_turn = any(item.provider_id == one.provider_id for item in present)
    return has_had_its_turn or one.started_at - (last.finished_at or last.started_at) > PAUSE


def _try(mail: Mail, one: MailAttempt, after: MailAttempt | None, begins: int | None) -> Try:
    if one.status is not AttemptStatus.FAIL:
        return Try(one, None, None, begins)
    is_last = one is mail.attempts[-1]
    words = reason(one.rule, one.said)
    row = _rule_of(one)
    may_be_there = row is not None and row.move is Move.UNCONFIRMED
    overtaken = OVERTAKEN.get(mail.opened.state) if is_last and not may_be_there else None
    if overtaken is not None:
        return Try(one, words, overtaken, begins, is_overtaken=True)
    waits = not is_last or mail.opened.state in DUE_STATES
    return Try(one, words, _consequence(one, after, waits=waits), begins)


def _consequence(one: MailAttempt, after: MailAttempt | None, *, waits: bool) -> LazyString | None:
    row = _rule_of(one)
    if row is None:
        return None
    if after is not None and row.move in MOVES_ON:
        is_theirs = row.scope in (Scope.PROVIDER, Scope.SENDER)
        return MOVED_ON if is_theirs else _l("The mail moved on to the next provider.")
    if waits and row.move in (Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL):
        return MAY_BE_TAKEN
    return CONSEQUENCES.get(row.move)


def _rule_of(one: MailAttempt) -> Rule | HttpRule | None:
    try:
        return outcome_rule(one.rule)
    except KeyError:
        return None


def _told(one: Decided) -> Told:
    return Told(one.id, one.at, done_words(one), told_by(one), one.note)
