"""What happened to one mail, as the lines of a story, and the way it went through the chain."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.domain.chain import Skip
from panel.domain.delivery import AttemptStatus
from panel.domain.outcome import Move, Scope
from panel.domain.smtp_outcomes import rule as outcome_rule
from panel.services.messages import Mail, MailAttempt
from panel.web.explanations import Explanation, reason

SKIPS: dict[Skip, LazyString] = {
    Skip.NOT_ACTIVE: _l("not active"),
    Skip.OTHER_STREAM: _l("carries other mail"),
    Skip.HOUSE_NOT_ALLOWED: _l("the house's providers are off for this partner"),
    Skip.DISABLED: _l("put aside until somebody edits or tests it"),
    Skip.BREAKER_OPEN: _l("resting after faults"),
    Skip.SENDER_REFUSED: _l("does not send for this From address"),
    Skip.SECRET_UNREADABLE: _l("its password cannot be decrypted"),
    Skip.TOO_LARGE: _l("the mail is too large for it"),
    Skip.BUDGET: _l("its allowance is used up"),
}
MOVED_ON = _l("The provider's fault: the mail moved on to the next one.")
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


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt with its reason and what followed from it."""

    attempt: MailAttempt
    words: Explanation | None
    consequence: LazyString | None


@dataclass(frozen=True, slots=True)
class Stop:
    """A provider of the chain: `result` is skipped, took, failed, trying or unused."""

    name: str
    position: int | None
    result: str
    words: LazyString | None


def tries(mail: Mail) -> list[Try]:
    """The attempts of the opened delivery, first to last."""
    following = [*mail.attempts[1:], None]
    return [_try(one, after) for one, after in zip(mail.attempts, following, strict=False)]


def stops(mail: Mail) -> list[Stop]:
    """The route of the last round, with the skips explained."""
    last_round = _last_attempts(mail)
    found, position = [], 0
    for link in mail.opened.route:
        is_skipped = link.get("skip") is not None
        position += not is_skipped
        attempt = last_round.get(link["provider_id"])
        found.append(_stop(link, attempt, None if is_skipped else position))
    return found


def _try(one: MailAttempt, after: MailAttempt | None) -> Try:
    if one.status is not AttemptStatus.FAIL:
        return Try(one, None, None)
    return Try(one, reason(one.rule), _consequence(one, after))


def _consequence(one: MailAttempt, after: MailAttempt | None) -> LazyString | None:
    try:
        row = outcome_rule(one.rule)
    except KeyError:
        return None
    moved_on = after is not None and after.provider_id != one.provider_id
    if moved_on and row.move in (Move.NEXT, Move.NEXT_OR_FAIL, Move.NEXT_THEN_FAIL):
        is_theirs = row.scope in (Scope.PROVIDER, Scope.SENDER)
        return MOVED_ON if is_theirs else _l("The mail moved on to the next provider.")
    return CONSEQUENCES.get(row.move)


def _last_attempts(mail: Mail) -> dict[int, MailAttempt]:
    """The attempts of the last round by provider: the tail that runs down the route in order."""
    places = {link["provider_id"]: place for place, link in enumerate(mail.opened.route)}
    found: dict[int, MailAttempt] = {}
    lowest = len(places)
    for attempt in reversed(mail.attempts):
        place = places.get(attempt.provider_id)
        if place is None or place >= lowest:
            break
        found[attempt.provider_id], lowest = attempt, place
    return found


def _stop(link: dict[str, object], attempt: MailAttempt | None, position: int | None) -> Stop:
    name = str(link["name"])
    if position is None:
        return Stop(name, None, "skipped", _skip_words(str(link["skip"])))
    if attempt is None:
        return Stop(name, position, "unused", None)
    if attempt.status is AttemptStatus.SUCCESS:
        return Stop(name, position, "took", None)
    if attempt.status is AttemptStatus.IN_PROGRESS:
        return Stop(name, position, "trying", None)
    words = reason(attempt.rule)
    return Stop(name, position, "failed", words.cause if words else None)


def _skip_words(skip: str) -> LazyString | None:
    return SKIPS[Skip(skip)] if skip in set(Skip) else None
