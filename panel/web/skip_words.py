"""Why a provider does not carry a mail now, for a person: what is the matter, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.domain.chain import Skip
from panel.services.routes import RouteStep
from panel.web.explanations import Explanation, reason

SKIP_WORDS: dict[Skip, Explanation] = {
    Skip.NOT_ACTIVE: Explanation(
        _l("It is not active."),
        _l("Switch it on in Mail Providers, once its connection test has passed."),
    ),
    Skip.OTHER_STREAM: Explanation(
        _l("It carries other kinds of mail."),
        _l("Choose this account type in its settings if it shall carry such mail too."),
    ),
    Skip.HOUSE_NOT_ALLOWED: Explanation(
        _l("This partner's mail does not go through the house's providers."),
        _l("Let the house's providers take over in the partner's settings if that is wanted."),
    ),
    Skip.DRILL: Explanation(
        _l("It is treated as down for a failover drill."),
        _l("Nothing to do: all other mail still goes to it."),
    ),
    Skip.DISABLED: Explanation(
        _l("It was put aside after a fault that does not pass by itself."),
        _l("Mend the cause, then test its connection: a passed test brings it back."),
    ),
    Skip.BREAKER_OPEN: Explanation(
        _l("It rests after faults."),
        _l("Nothing to do: one mail tries it again by itself, and it is back if that goes well."),
    ),
    Skip.SENDER_REFUSED: Explanation(
        _l("It does not send for this From address."),
        _l(
            "Have the address or its domain allowed at the provider, or take the domain out of "
            "its settings so that the From is replaced."
        ),
    ),
    Skip.SECRET_UNREADABLE: Explanation(
        _l("Its password cannot be decrypted: the encryption key is missing."),
        _l("Enter the password again in its settings."),
    ),
    Skip.TOO_LARGE: Explanation(
        _l("The mail is larger than it takes."),
        _l("Send smaller attachments, or add a provider with a larger limit."),
    ),
    Skip.BUDGET: Explanation(
        _l("Its allowance is used up."),
        _l("Nothing to do: it is free again by itself. Raise its limits if it happens often."),
    ),
}
PROBE_IS_OUT = _l("Its next trial has begun: a mail is on its way to it.")


@dataclass(frozen=True, slots=True)
class SkipWords:
    """What a person reads about a skip."""

    cause: LazyString
    advice: LazyString
    fault: Explanation | None = None
    """What the provider did before it was left alone."""
    said: str = ""
    """In the provider's own words."""
    until_label: LazyString | None = None
    until: datetime | None = None
    """When it passes by itself."""


def explain_skip(step: RouteStep, *, now: datetime) -> SkipWords | None:
    """The words for a provider that is passed over; None for one that may be tried."""
    if step.skip is None:
        return None
    words, breaker = SKIP_WORDS[step.skip], step.breaker
    if step.skip is Skip.DISABLED:
        return SkipWords(
            words.cause, words.advice, reason(breaker.rule, breaker.said), breaker.said
        )
    if step.skip is Skip.BREAKER_OPEN:
        return _resting(step, words, now)
    if step.skip is Skip.BUDGET:
        return SkipWords(
            words.cause, words.advice, until_label=_l("More is free:"), until=step.free_at
        )
    if step.skip is Skip.SENDER_REFUSED and step.refusal is not None:
        return SkipWords(
            words.cause,
            words.advice,
            said=step.refusal.said,
            until_label=_l("Asked again:"),
            until=step.refusal.until,
        )
    return SkipWords(words.cause, words.advice)


def _resting(step: RouteStep, words: Explanation, now: datetime) -> SkipWords:
    breaker = step.breaker
    is_probing = breaker.probe_until is not None and breaker.probe_until > now
    is_due = breaker.retry_at is not None and breaker.retry_at <= now
    return SkipWords(
        words.cause,
        PROBE_IS_OUT if is_probing and is_due else words.advice,
        reason(breaker.rule, breaker.said),
        breaker.said,
        until_label=None if is_due else _l("Next trial:"),
        until=None if is_due else breaker.retry_at,
    )
