"""The way of a mail along the chain: who was asked, who was passed over and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from panel.domain.chain import Link, Skip
from panel.domain.delivery import AttemptStatus
from panel.services.messages import Mail, MailAttempt
from panel.web.explanations import reason
from panel.web.mail_story import rounds

SKIPS: dict[Skip, LazyString] = {
    Skip.NOT_ACTIVE: _l("not active"),
    Skip.OTHER_STREAM: _l("carries other mail"),
    Skip.HOUSE_NOT_ALLOWED: _l("the house's providers are off for this partner"),
    Skip.DRILL: _l("treated as down for a failover drill"),
    Skip.DISABLED: _l("put aside until somebody edits or tests it"),
    Skip.BREAKER_OPEN: _l("resting after faults"),
    Skip.SENDER_REFUSED: _l("does not send for this From address"),
    Skip.SECRET_UNREADABLE: _l("its password cannot be decrypted"),
    Skip.TOO_LARGE: _l("the mail is too large for it"),
    Skip.BUDGET: _l("its allowance is used up"),
}


@dataclass(frozen=True, slots=True)
class Stop:
    """A provider of the chain: `result` is skipped, took, failed, trying, unused or next."""

    name: str
    position: int | None
    result: str
    words: LazyString | None = None
    attempt: MailAttempt | None = None


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


def stops_ahead(links: Sequence[Link]) -> list[Stop]:
    """The route as it would be at this moment."""
    found, position = [], 0
    for link in links:
        position += link.skip is None
        if link.skip is not None:
            found.append(Stop(link.name, None, "skipped", skip_words(link.skip)))
        else:
            found.append(Stop(link.name, position, "next" if position == 1 else "unused"))
    return found


def skip_words(skip: str) -> LazyString | None:
    """Why a provider is passed over; None for a reason that this version does not know."""
    return SKIPS[Skip(skip)] if skip in set(Skip) else None


def _last_attempts(mail: Mail) -> dict[int, MailAttempt]:
    """The attempts of the last round by provider, as far as its route knows them."""
    known = {link["provider_id"] for link in mail.opened.route}
    last = rounds(mail.attempts)[-1:]
    return {one.provider_id: one for items in last for one in items if one.provider_id in known}


def _stop(link: dict[str, object], attempt: MailAttempt | None, position: int | None) -> Stop:
    name = str(link["name"])
    if position is None:
        return Stop(name, None, "skipped", skip_words(str(link["skip"])))
    if attempt is None:
        return Stop(name, position, "unused")
    if attempt.status is AttemptStatus.SUCCESS:
        return Stop(name, position, "took", None, attempt)
    if attempt.status is AttemptStatus.IN_PROGRESS:
        return Stop(name, position, "trying", None, attempt)
    words = reason(attempt.rule, attempt.said)
    return Stop(name, position, "failed", words.cause if words else None, attempt)
