"""The strips across the top of every page: what stops or endangers mail, and where to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from flask import current_app, url_for
from flask_babel import LazyString, format_decimal, ngettext
from flask_babel import lazy_gettext as _l

from panel.domain.permission import Actor
from panel.services.house import Danger, StandingWarning
from panel.web.access import entrance
from panel.web.explanations import reason

PROVIDERS = "providers.index"


@dataclass(frozen=True, slots=True)
class Banner:
    """One strip; `tone` is danger or warning."""

    tone: str
    title: LazyString
    text: LazyString | str
    url: str = ""
    link_label: LazyString | str = ""
    since: datetime | None = None


BANNERS: dict[Danger, Banner] = {
    Danger.NO_WORKER: Banner(
        "danger",
        _l("No worker is running."),
        _l("Mail is accepted and kept, but nothing is sent. Start one: postroom worker"),
    ),
    Danger.NO_ACTIVE_PROVIDER: Banner(
        "danger", _l("No mail provider is active."), _l("Mail waits until one can take it."),
        PROVIDERS, _l("Mail Providers"),
    ),
    Danger.NO_USABLE_PROVIDER: Banner(
        "danger", _l("No mail provider can take mail"), _l("Mail waits until one is back."),
        PROVIDERS, _l("See why"),
    ),
    Danger.NO_FALLBACK: Banner(
        "warning", _l("No fallback is active."),
        _l("When the primary providers fail, mail has to wait."),
        PROVIDERS, _l("Mail Providers"),
    ),
    Danger.NO_TESTED_FALLBACK: Banner(
        "warning", _l("No fallback has been tested."),
        _l("Nobody knows whether it would take over. Test one."),
        PROVIDERS, _l("Mail Providers"),
    ),
    Danger.ON_FALLBACK: Banner(
        "warning", _l("Running on fallback"), _l("The fallbacks carry its mail."),
        PROVIDERS, _l("See why"),
    ),
    Danger.PRIMARY_DOWN: Banner(
        "warning", _l("A primary provider cannot take mail"), _l("Other primaries carry it."),
        PROVIDERS, _l("See why"),
    ),
    Danger.PARTNERS_SERVER: Banner(
        "warning", _l("A partner’s mail server was put aside"),
        _l("Its other server or the house takes over where that is set up; else its mail waits."),
        "partners.index", _l("Partners"),
    ),
    Danger.OWN_SERVER: Banner(
        "danger", _l("Your mail server was put aside"),
        _l("It gets no mail until somebody mends the cause and tests the connection."),
        "smtp_tab.show", _l("SMTP"),
    ),
}  # fmt: skip


def banners(warnings: Iterable[StandingWarning], actor: Actor) -> tuple[Banner, ...]:
    """The strips for these warnings; links lead only where the actor may go."""
    return tuple(_banner(warning, actor) for warning in warnings)


def may_enter(endpoint: str, actor: Actor) -> bool:
    """Whether the view exists and lets this actor in."""
    if endpoint not in current_app.view_functions:
        return False
    mark = entrance(endpoint)
    return mark is not None and (mark.permission is None or actor.may(mark.permission))


def _banner(warning: StandingWarning, actor: Actor) -> Banner:
    banner = replace(BANNERS[warning.danger], text=_text(warning), since=warning.since)
    if not banner.url or not may_enter(banner.url, actor):
        return replace(banner, url="", link_label="")
    return replace(banner, url=url_for(banner.url))


def _text(warning: StandingWarning) -> LazyString | str:
    """Who cannot, why, and who carries the mail instead."""
    text = BANNERS[warning.danger].text
    if not warning.names:
        return text
    names, words = ", ".join(warning.names), reason(warning.rule)
    why = f"{names}: {words.cause}" if words else f"{names}."
    return f"{why} {_instead(warning) or text}"


def _instead(warning: StandingWarning) -> str:
    if not warning.mails:
        return ""
    return str(
        ngettext(
            "%(count)s mail went through %(names)s instead.",
            "%(count)s mails went through %(names)s instead.",
            warning.mails,
            count=format_decimal(warning.mails),
            names=", ".join(warning.carriers),
        )
    )
