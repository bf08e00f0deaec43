"""The chain of a mail as the Routes page shows it: one row for each provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.domain.chain import LASTING_SKIPS
from panel.domain.delivery import Stream
from panel.domain.provider import ProviderType, ServiceType
from panel.domain.sender_rule import Mailbox
from panel.services.readable import readable_domain
from panel.services.routes import Route, RouteStep
from panel.web.labels import PROVIDER_TYPES, SERVICE_TYPES, STREAMS
from panel.web.skip_words import SkipWords, explain_skip

Text: TypeAlias = str | LazyString
FROM_KEPT = _l("The From is kept.")
FROM_OWN = _l("The mail has no From; it gets the provider's own.")
FROM_REPLACED = _l("It may not send for this From: its own is used instead.")

PLACES: dict[tuple[str, ServiceType], LazyString] = {
    ("partner", ServiceType.PRIMARY): _l(
        "One of the partner's own, which come before the house's."
    ),
    ("partner", ServiceType.FALLBACK): _l(
        "A fallback of the partner's own: after its primaries, before the house's."
    ),
    ("stand_in", ServiceType.PRIMARY): _l(
        "One of the house's, which take over when the partner's own cannot."
    ),
    ("stand_in", ServiceType.FALLBACK): _l("A fallback of the house: after its primaries."),
    ("house", ServiceType.PRIMARY): _l("A primary, at its place in the list."),
    ("house", ServiceType.FALLBACK): _l(
        "A fallback: after all primaries, at its place in the list."
    ),
}
"""Why a provider stands where it stands; `stand_in`: the house's for a partner's mail."""


@dataclass(frozen=True, slots=True)
class RouteRow:
    """One provider: `result` is next (tried first), unused (tried after others) or skipped."""

    id: int
    name: str
    type_label: Text
    service_label: Text
    carries: tuple[Text, ...]
    position: int | None
    result: str
    standing: Text
    """Whether and when it is tried."""
    is_considered: bool
    """Its settings let it carry the mail; its place and its From matter."""
    why: Text
    """What brings it to this place in the chain."""
    skip: SkipWords | None
    is_probe: bool
    breaker_said: str
    sender: str
    sender_words: Text
    reply_to: str
    """Where answers go if the From is replaced and the mail names no Reply-To; else empty."""
    largest_size: int | None


def rows(route: Route) -> list[RouteRow]:
    """The rows in the order of the chain."""
    found: list[RouteRow] = []
    before = ""
    for step in route.steps:
        found.append(_row(route, step, before))
        before = step.name if step.skip is None else before
    return found


def mailbox_text(mailbox: Mailbox) -> str:
    """The way in which people write it."""
    return f"{mailbox.name} <{mailbox.email}>" if mailbox.name else mailbox.email


def _row(route: Route, step: RouteStep, before: str) -> RouteRow:
    is_next = step.position == 1
    return RouteRow(
        id=step.id,
        name=step.name,
        type_label=PROVIDER_TYPES[step.type],
        service_label=SERVICE_TYPES[step.service_type],
        carries=_carries(step),
        position=step.position,
        result="skipped" if step.skip else "next" if is_next else "unused",
        standing=_standing(step, before),
        is_considered=step.skip not in LASTING_SKIPS,
        why=_why(route, step),
        skip=explain_skip(step, now=route.at),
        is_probe=step.is_probe,
        breaker_said=step.breaker.said if step.is_probe else "",
        sender=readable_domain(mailbox_text(step.sender.mailbox)),
        sender_words=_sender_words(route, step),
        reply_to=route.wish.from_email if step.sender.is_replaced else "",
        largest_size=step.largest_size,
    )


def _standing(step: RouteStep, before: str) -> str:
    if step.skip is not None:
        return str(_("skipped"))
    if not before:
        return str(_("would be tried first"))
    return str(_("tried if %(name)s cannot take it", name=before))


def _why(route: Route, step: RouteStep) -> LazyString:
    owner = "partner" if step.is_partners else "stand_in" if route.partner else "house"
    return PLACES[owner, step.service_type]


def _sender_words(route: Route, step: RouteStep) -> LazyString:
    if not route.wish.from_email:
        return FROM_OWN
    return FROM_REPLACED if step.sender.is_replaced else FROM_KEPT


def _carries(step: RouteStep) -> tuple[Text, ...]:
    if step.type is ProviderType.CRM_API_SMTP:
        return (STREAMS[Stream.CRM],)
    chosen = tuple(label for kind, label in STREAMS.items() if kind in step.streams)
    return chosen if 0 < len(chosen) < len(STREAMS) else (_l("All mail"),)
