"""The strips across the top of every page: what stops or endangers mail, and where to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from flask import current_app, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.domain.permission import Actor
from panel.services.house import Danger, StandingWarning
from panel.web.access import entrance

PROVIDERS = "providers.index"


@dataclass(frozen=True, slots=True)
class Banner:
    """One strip; `tone` is danger or warning."""

    tone: str
    title: LazyString
    text: LazyString | str
    url: str = ""
    link_label: LazyString | str = ""


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
        "danger", _l("No mail provider can take mail."), _l("Mail waits until one is back."),
        PROVIDERS, _l("See why"),
    ),
    Danger.NO_FALLBACK: Banner(
        "warning", _l("No fallback is active."),
        _l("When the primary providers fail, mail has to wait."),
        PROVIDERS, _l("Mail Providers"),
    ),
    Danger.ON_FALLBACK: Banner(
        "warning", _l("A primary provider cannot take mail."), _l("Others carry it."),
        PROVIDERS, _l("See why"),
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
    banner = replace(BANNERS[warning.danger], text=_text(warning))
    if not banner.url or not may_enter(banner.url, actor):
        return replace(banner, url="", link_label="")
    return replace(banner, url=url_for(banner.url))


def _text(warning: StandingWarning) -> LazyString | str:
    text = BANNERS[warning.danger].text
    if warning.since is None:
        return text
    names = ", ".join(warning.names)
    since = _("since %(time)s UTC", time=warning.since.strftime("%Y-%m-%d %H:%M"))
    return f"{names}, {since}. {text}"
