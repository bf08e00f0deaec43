"""The settings window of a partner: tabs with an address each, in a dialog or as a page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from panel.services.partners import Partner
from panel.web.access import current_actor
from panel.web.banners import may_enter
from panel.web.hx import is_hx


class TabName(StrEnum):
    """The tabs, by the template of each."""

    GENERAL = "general"
    SMTP = "smtp"
    USERS = "users"
    APPLICATIONS = "applications"


@dataclass(frozen=True, slots=True)
class TabLink:
    """One tab as the window shows it."""

    label: LazyString
    url: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Note:
    """What is said about a change; `tone` is success, info or error.

    Within the window: short messages of the page would lie behind it.
    """

    text: str
    tone: str = "success"

    @property
    def look(self) -> str:
        """The kind of box that it stands in."""
        return "danger" if self.tone == "error" else self.tone


_TABS: dict[TabName, tuple[str, LazyString]] = {
    TabName.GENERAL: ("partners.show", _l("General")),
    TabName.SMTP: ("smtp_tab.show", _l("SMTP")),
    TabName.USERS: ("partners.people", _l("Users")),
    TabName.APPLICATIONS: ("partners.applications", _l("Applications")),
}


def window(
    name: TabName,
    partner: Partner,
    *,
    status: int = 200,
    note: Note | None = None,
    **values: object,
) -> Response:
    """One tab: for htmx the inside of the window, else the whole page."""
    if note is not None and not is_hx():
        flash(note.text, note.tone)
    page = render_template(
        "partners/_window.html" if is_hx() else "partners/window.html",
        partner=partner,
        tab=name.value,
        tabs=_links(name, partner),
        note=note if is_hx() else None,
        **values,
    )
    return make_response(page, status)


def leave(url: str, note: Note) -> BaseResponse:
    """After a change without htmx: on to a page that says what was changed."""
    flash(note.text, note.tone)
    return redirect(url, code=303)


def _links(current: TabName, partner: Partner) -> tuple[TabLink, ...]:
    """Those that the actor may enter; where that is one only, none is needed."""
    actor = current_actor()
    links = tuple(
        TabLink(label, url_for(endpoint, slug=partner.slug), name is current)
        for name, (endpoint, label) in _TABS.items()
        if may_enter(endpoint, actor)
    )
    return links if len(links) > 1 else ()
