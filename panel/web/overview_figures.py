"""The figures of the overview with the day before, and the boxes of the chain, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from flask import url_for
from flask_babel import LazyString, format_decimal, format_percent, gettext
from flask_babel import lazy_gettext as _l

from panel.domain.breaker import BreakerState
from panel.services.overview import ChainBox, Figure, Overview
from panel.web.explanations import reason
from panel.web.labels import SERVICE_TYPES
from panel.web.provider_health import RowHealth, row_health

Text: TypeAlias = str | LazyString


@dataclass(frozen=True, slots=True)
class ShownFigure:
    """One of the four; `before` says how many it were a day ago, and how much that is apart."""

    label: Text
    span: Text
    number: str
    before: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownBox:
    """What `templates/overview/_chain.html` shows of one provider."""

    id: int
    name: str
    service_type: Text
    is_verified: bool
    is_active: bool
    is_in_use: bool
    health: RowHealth
    why: str
    """The reason without the advice, which stands in the list and across the top of the page."""
    share: str
    """Its part of the last hour; empty for a provider that is not in use and sent nothing."""


def figures(overview: Overview) -> tuple[ShownFigure, ...]:
    """Sent, waiting, failed, unconfirmed."""
    since = overview.since.strftime("%Y-%m-%dT%H:%M")
    day, moment = _l("in 24 hours"), _l("now")
    log, queue = "mailing_log.index", "queue.index"
    sent = url_for(log, status="SUCCESS", since=since)
    failed = url_for(log, status="FAIL", since=since)
    unconfirmed = url_for(queue, state="unconfirmed")
    return (
        _figure(_l("Sent"), day, overview.sent, sent),
        _figure(_l("Waiting"), moment, overview.waiting, url_for(queue)),
        _figure(_l("Failed"), day, overview.failed, failed),
        _figure(_l("Unconfirmed"), moment, overview.unconfirmed, unconfirmed),
    )


def _figure(label: Text, span: Text, figure: Figure, url: str) -> ShownFigure:
    count = figure.count
    number = f"{format_decimal(count.number)}{'+' if count.is_capped else ''}"
    return ShownFigure(label, span, number, _before(figure), url)


def _before(figure: Figure) -> str:
    """A part of nothing, or of what was not counted to its end, is no number."""
    if figure.before is None:
        return str(gettext("a day before: not counted"))
    before = format_decimal(figure.before)
    if not figure.before or figure.count.is_capped:
        return str(gettext("a day before: %(count)s", count=before))
    apart = figure.count.number / figure.before - 1
    # With a word joiner: some languages put a percent sign there, and lines would break before it.
    change = f"{'−' if apart < 0 else '+'}\u2060{format_percent(abs(apart))}"
    return str(gettext("a day before: %(count)s (%(change)s)", count=before, change=change))


def boxes(chain: Iterable[ChainBox]) -> tuple[ShownBox, ...]:
    """The chain of the house in its order."""
    return tuple(map(_box, chain))


def _box(box: ChainBox) -> ShownBox:
    provider, breaker = box.state.provider, box.state.breaker
    health = row_health(box.state, box.condition)
    words = reason(breaker.rule) if breaker.state is BreakerState.DISABLED else None
    return ShownBox(
        id=provider.id,
        name=provider.name,
        service_type=SERVICE_TYPES[provider.service_type],
        is_verified=provider.is_verified,
        is_active=provider.is_active,
        is_in_use=box.is_in_use,
        health=health,
        why=str(words.cause) if words and health.why else health.why,
        share=_share(box),
    )


def _share(box: ChainBox) -> str:
    if box.percent is None or not (box.sent or box.state.provider.is_active):
        return ""
    part = format_percent(box.percent / 100)
    if not box.sent:
        return str(gettext("%(part)s of the last hour", part=part))
    return str(gettext("%(part)s of the last hour · %(ms)s ms", part=part, ms=box.took_ms))
