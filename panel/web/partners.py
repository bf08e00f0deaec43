"""Partners: the list, and the tab General of the settings window. Other tabs are beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import partner_closing, partner_quotas, partners
from panel.services.database import current_session
from panel.services.partners import Partner, PartnerRow, Standing
from panel.services.refusals import Conflict, Invalid
from panel.web import partner_applications, partner_people
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.forms.errors import show_errors
from panel.web.forms.partner import NewPartnerForm, PartnerForm
from panel.web.hx import is_hx
from panel.web.listing import cursor_of
from panel.web.partner_window import Note, TabName, leave, window
from panel.web.provider_pages import leave_for

blueprint = Blueprint("partners", __name__, url_prefix="/partners")
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """How the own servers of a partner do, in a word; `tone` colours it."""

    tone: str
    label: LazyString


STANDINGS: dict[Standing, Shown] = {
    Standing.NONE: Shown("neutral", _l("None: the house’s")),
    Standing.NOT_IN_USE: Shown("neutral", _l("Not in use")),
    Standing.PUT_ASIDE: Shown("danger", _l("Put aside")),
    Standing.PAUSING: Shown("warning", _l("Pausing")),
    Standing.WORKING: Shown("success", _l("Healthy")),
}


@blueprint.get("")
@allows(Permission.CHANGE_PARTNERS)
def index() -> Response:
    """The list."""
    return _list_page(NewPartnerForm())


@blueprint.post("")
@allows(Permission.CHANGE_PARTNERS)
def create() -> BaseResponse:
    """Adds a partner."""
    form = NewPartnerForm(request.form)
    try:
        partner = partners.add_partner(
            current_session(),
            current_actor(),
            slug=form.slug.data or "",
            name=form.name.data or "",
            now=now(),
        )
    except Invalid as refusal:
        show_errors(form, refusal)
        return _list_page(form, status=422)
    except Conflict as refusal:
        form.slug.errors = [_(refusal.message, **refusal.values)]
        return _list_page(form, status=409)
    text = _("%(name)s is added. Set up its mail server, then invite its people.")
    flash(text % {"name": partner.name}, "success")
    return leave_for(url_for("smtp_tab.show", slug=partner.slug))


@blueprint.get("/<slug>")
@allows(Permission.CHANGE_PARTNERS)
def show(slug: str) -> Response:
    """The tab General."""
    return _general(slug)


@blueprint.post("/<slug>")
@allows(Permission.CHANGE_PARTNERS)
def save(slug: str) -> BaseResponse:
    """Saves the tab General."""
    form = PartnerForm(request.form)
    if not form.validate():
        return _general(slug, form, status=422)
    try:
        partner = partners.change_partner(
            current_session(),
            current_actor(),
            slug=slug,
            name=form.name.data or "",
            may_use_house=form.may_use_house.data,
            quota=form.quota(),
            now=now(),
        )
    except Invalid as refusal:
        show_errors(form, refusal)
        return _general(slug, form, status=422)
    return _changed(partner, _("%(name)s is saved.", name=partner.name))


@blueprint.post("/<slug>/activation")
@allows(Permission.CHANGE_PARTNERS)
def activation(slug: str) -> BaseResponse:
    """Shuts a partner out, or lets it in again."""
    partner = partner_closing.set_enabled(
        current_session(),
        current_actor(),
        slug=slug,
        is_enabled=request.form.get("active") == "1",
        now=now(),
    )
    text = _("%(name)s is let in again.") if partner.is_enabled else _("%(name)s is shut out.")
    return _changed(partner, text % {"name": partner.name})


@blueprint.get("/<slug>/deletion")
@allows(Permission.CHANGE_PARTNERS)
def deletion_question(slug: str) -> Response:
    """Asks before a partner is deleted, and says what becomes of what belongs to it."""
    return _closing_page(slug)


@blueprint.post("/<slug>/deletion")
@allows(Permission.CHANGE_PARTNERS)
def deletion(slug: str) -> BaseResponse:
    """Deletes a partner."""
    name = partner_closing.delete_partner(current_session(), current_actor(), slug=slug, now=now())
    flash(_("%(name)s is deleted.", name=name), "success")
    return leave_for(url_for("partners.index"))


def _changed(partner: Partner, text: str) -> BaseResponse:
    note = Note(text)
    if is_hx():
        return _general(partner.slug, note=note)
    return leave(url_for("partners.show", slug=partner.slug), note)


def _general(
    slug: str, form: PartnerForm | None = None, *, status: int = 200, note: Note | None = None
) -> Response:
    partner, concerned = partner_closing.what_is_concerned(
        current_session(), current_actor(), slug=slug
    )
    return window(
        TabName.GENERAL,
        partner,
        status=status,
        note=note,
        form=form or PartnerForm(obj=partner),
        concerned=concerned,
        used=partner_quotas.used_of_quota(current_session(), current_actor(), partner, now=now()),
    )


def _closing_page(slug: str) -> Response:
    partner, concerned = partner_closing.what_is_concerned(
        current_session(), current_actor(), slug=slug
    )
    page = render_template("partners/deletion.html", partner=partner, concerned=concerned)
    return make_response(page)


def _list_page(form: NewPartnerForm, *, status: int = 200) -> Response:
    words = "".join(c for c in request.args.get("q", "") if c.isprintable()).strip()[:_LONGEST]
    found = partners.list_partners(
        current_session(), current_actor(), words=words, cursor=cursor_of(request.args)
    )
    page = found.page
    wanted: dict[str, Any] = {"q": words} if words else {}
    response = render_template(
        "partners/_list.html" if is_hx() and request.method == "GET" else "partners/index.html",
        form=form,
        rows=[(row, _standing(found.standings, row)) for row in page.rows],
        page=page,
        words=words,
        list_url=url_for("partners.index", **wanted, **_place()),
        older_url=url_for("partners.index", **wanted, before=page.older) if page.older else None,
        newer_url=url_for("partners.index", **wanted, after=page.newer) if page.newer else None,
    )
    return make_response(response, status)


def _standing(standings: Mapping[int, Standing], row: PartnerRow) -> Shown:
    return STANDINGS[standings[row.id]]


def _place() -> dict[str, Any]:
    cursor = cursor_of(request.args)
    given = {"before": cursor.before, "after": cursor.after}
    return {name: value for name, value in given.items() if value is not None}


partner_people.add_routes(blueprint)
partner_applications.add_routes(blueprint)
