"""How a provider does, as its row shows it: a word, the reason, the last hour, what is left of its
limits, and what workers found when they tested it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask_babel import LazyString, format_decimal, gettext
from flask_babel import lazy_gettext as _l

from panel.domain.breaker import BreakerState
from panel.services.provider_health import Bucket, Concern, Condition, Share, Worry
from panel.services.providers import ProviderState
from panel.web.explanations import reason
from panel.web.provider_bars import Bars, bars

WINDOWS: dict[int, LazyString] = {
    1: _l("a second"),
    60: _l("a minute"),
    3600: _l("an hour"),
    86400: _l("a day"),
}


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit: `412 of 500 an hour`; `free_at` only when it is used up."""

    text: str
    free_at: datetime | None


@dataclass(frozen=True, slots=True)
class RowHealth:
    """What `templates/providers/_health.html` shows."""

    tone: str
    """neutral, success, warning or danger."""
    label: str
    why: str
    """In words for people; empty where there is nothing to explain."""
    said: str
    """In the words of the server, or technical ones."""
    next_at: datetime | None
    """When mail is tried there again."""
    hour: Bars
    carried: str
    budgets: tuple[Budget, ...]
    retested_at: datetime | None
    retest_failure: str
    """What the last test by itself failed of; empty when it passed."""
    certificate_ends_at: datetime | None
    """Only when that is soon."""


def row_health(state: ProviderState, condition: Condition) -> RowHealth:
    """How the provider does at the moment of `condition`."""
    tone, label, why = _standing(state, condition)
    breaker, retest = state.breaker, condition.retest
    is_open = breaker.state is BreakerState.OPEN
    words = reason(retest.rule) if retest else None
    return RowHealth(
        tone=tone,
        label=label,
        why=why,
        said=breaker.said if breaker.failures else "",
        next_at=breaker.retry_at if is_open else None,
        hour=bars(condition.last_hour, label=_spoken(condition.last_hour)),
        carried=_carried(condition.last_hour),
        budgets=tuple(map(_budget, condition.shares)),
        retested_at=retest.at if retest else None,
        retest_failure=str(words.cause) if words else "",
        certificate_ends_at=condition.certificate_ends_at if condition.ends_soon else None,
    )


def _standing(state: ProviderState, condition: Condition) -> tuple[str, str, str]:
    """Tone, word and reason; the gravest first."""
    breaker, words = state.breaker, reason(state.breaker.rule, state.breaker.said)
    why = str(words.cause) if words else ""
    if not state.has_readable_secret:
        text = gettext("Enter the password again; until then it is left out.")
        return "danger", gettext("Password unreadable"), text
    if breaker.state is BreakerState.DISABLED:
        return "danger", gettext("Put aside"), f"{why} {words.advice}" if words else ""
    if breaker.state is BreakerState.OPEN:
        return "warning", gettext("Pausing"), why
    if not state.provider.is_active:
        return "neutral", gettext("Not in use"), ""
    if any(share.is_used_up for share in condition.shares if share.window_s > 1):
        text = gettext("Mail goes to the next provider until more is free.")
        return "warning", gettext("Limit reached"), text
    if breaker.failures:
        return "warning", gettext("Shaky"), why
    return "success", gettext("Healthy"), ""


def _carried(hour: Iterable[Bucket]) -> str:
    """How much was sent in the last hour, and how long it took on average."""
    buckets = tuple(hour)
    sent = sum(bucket.sent for bucket in buckets)
    if not sent:
        return ""
    took_ms = sum(bucket.sending_ms for bucket in buckets) // sent
    return str(gettext("%(count)s sent · %(ms)s ms", count=format_decimal(sent), ms=took_ms))


def _spoken(hour: tuple[Bucket, ...]) -> str:
    """What the bars show, for those who do not see them."""
    sent, refused, failed = (
        sum(getattr(bucket, name) for bucket in hour) for name in ("sent", "refused", "failed")
    )
    if not sent + refused + failed:
        return str(gettext("No mail in the last hour"))
    return str(
        gettext(
            "Last hour: %(sent)s sent, %(refused)s refused, %(failed)s failed",
            sent=format_decimal(sent),
            refused=format_decimal(refused),
            failed=format_decimal(failed),
        )
    )


def _budget(share: Share) -> Budget:
    text = gettext(
        "%(used)s of %(limit)s %(window)s",
        used=format_decimal(share.used),
        limit=format_decimal(share.limit),
        window=WINDOWS[share.window_s],
    )
    return Budget(text, share.ends_at if share.is_used_up else None)


@dataclass(frozen=True, slots=True)
class Notice:
    """A concern in words; `at` is shown behind them."""

    title: str
    text: LazyString
    at: datetime | None = None


NAMES_SHOWN = 5
"""Of the providers that one notice is about; the list below shows them all."""

TITLES: dict[Concern, LazyString] = {
    Concern.NO_PRIMARY: _l("No primary provider is active."),
    Concern.RETEST_FAILED: _l("Did not pass the daily test:"),
    Concern.UNTESTED: _l("Never tested:"),
    Concern.TEST_IS_OLD: _l("Not tested for more than 30 days:"),
    Concern.CERTIFICATE_ENDS: _l("Certificate ends soon:"),
}
ADVICE: dict[Concern, LazyString] = {
    Concern.NO_PRIMARY: _l("Every mail goes to the fallbacks at once."),
    Concern.RETEST_FAILED: _l("Look at the reason in the row, mend it, then test the connection."),
    Concern.UNTESTED: _l("Test the connection before it is needed."),
    Concern.TEST_IS_OLD: _l("Test the connection before it is needed."),
    Concern.CERTIFICATE_ENDS: _l("Ask whoever runs the server to renew it. The first one ends"),
}


def notices(worries: Iterable[Worry]) -> tuple[Notice, ...]:
    """The standing warnings above the list."""
    return tuple(_notice(worry) for worry in worries)


def _notice(worry: Worry) -> Notice:
    names = _some(worry.names)
    title = f"{TITLES[worry.concern]} {names}." if names else str(TITLES[worry.concern])
    is_dated = worry.concern is Concern.CERTIFICATE_ENDS
    return Notice(title, ADVICE[worry.concern], worry.at if is_dated else None)


def _some(names: tuple[str, ...]) -> str:
    """The names as far as a person reads them, then how many more there are."""
    if len(names) <= NAMES_SHOWN + 1:
        return ", ".join(names)
    rest = len(names) - NAMES_SHOWN
    return str(
        gettext(
            "%(names)s and %(count)s more",
            names=", ".join(names[:NAMES_SHOWN]),
            count=format_decimal(rest),
        )
    )
