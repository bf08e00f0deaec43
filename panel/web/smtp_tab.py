"""The SMTP tab: of a partner's settings window, and the page of a partner admin."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Blueprint, Response, jsonify, make_response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import Permission
from panel.domain.provider import ServiceType
from panel.services import partner_servers, partners, smtp_tab
from panel.services.database import current_session
from panel.services.provider_activation import NotVerified
from panel.services.provider_changes import Saved, StaleEdit
from panel.services.refusals import Invalid
from panel.web import smtp_test_mails
from panel.web.access import allows, current_actor, wants_json
from panel.web.clock import now
from panel.web.connection_answers import explained
from panel.web.forms.smtp_tab import SmtpForm, smtp_form
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.partner_window import Note, TabName, leave, window
from panel.web.provider_health import row_health
from panel.web.provider_pages import posted_number
from panel.web.provider_tests import answer
from panel.web.smtp_place import place_name, wanted_place
from panel.web.smtp_server import shown_password, shown_server

blueprint = Blueprint("smtp_tab", __name__, url_prefix="/partners/<slug>/smtp")
log = structlog.get_logger()


@blueprint.url_defaults
def _own(_endpoint: str, values: dict[str, Any]) -> None:
    """Without a slug the tab is that of the partner admin's own partner."""
    if "slug" not in values:
        values["slug"] = partners.own_slug(current_session(), current_actor())


@blueprint.get("")
@allows(Permission.OWN_SMTP)
def show(slug: str) -> Response:
    """The main server, or with `?server=fallback` the other one."""
    return _page(slug)


@blueprint.post("")
@allows(Permission.OWN_SMTP)
def save(slug: str) -> BaseResponse:
    """Saves a server."""
    form = SmtpForm(request.form)
    if not form.validate():
        return _page(slug, form, status=422)
    try:
        saved = smtp_tab.save(
            current_session(),
            current_actor(),
            slug=slug,
            place=wanted_place(),
            values=form.values(),
            version=posted_number("version"),
            installation=installation(),
            now=now(),
            override_reason=form.override_reason.data or "",
        )
    except Invalid as refusal:
        form.mark(refusal.errors, refusal.values)
        return _page(slug, form, status=422)
    except StaleEdit as refusal:
        return _page(slug, status=409, problem=_(refusal.message))
    return _changed(slug, _said(saved))


@blueprint.post("/connection-tests")
@allows(Permission.OWN_SMTP)
def connection_test(slug: str) -> BaseResponse:
    """Tests the values of the form: live for htmx, as JSON, or as the page with its result."""
    form = SmtpForm(request.form)
    if not form.validate_connection():
        return _refused(slug, form)
    try:
        events = smtp_tab.test(
            current_session(),
            current_actor(),
            slug=slug,
            place=wanted_place(),
            values=form.connection(),
            installation=installation(),
            now=now(),
        )
    except Invalid as refusal:
        form.mark(refusal.errors, refusal.values)
        return _refused(slug, form)

    def show_page(test: ConnectionTest, status: int) -> Response:
        return _page(slug, form, status=status, test=test)

    return answer(events, provider_id=None, scope="smtp", show_page=show_page)


@blueprint.post("/deletion")
@allows(Permission.OWN_SMTP)
def deletion(slug: str) -> BaseResponse:
    """Removes a server."""
    provider = smtp_tab.remove(
        current_session(), current_actor(), slug=slug, place=wanted_place(), now=now()
    )
    return _changed(slug, Note(_("%(name)s is deleted.", name=provider.name)))


@blueprint.post("/activation")
@allows(Permission.OWN_SMTP)
def activation(slug: str) -> BaseResponse:
    """Puts a server to use again, or stops using it."""
    wants_use = request.form.get("active") == "1"
    try:
        smtp_tab.use(
            current_session(),
            current_actor(),
            slug=slug,
            place=wanted_place(),
            is_active=wants_use,
            now=now(),
        )
    except NotVerified:
        return _changed(
            slug, Note(_("Save the server again: its test has to pass first."), "error")
        )
    text = _("The server is in use.") if wants_use else _("The server is not used any more.")
    return _changed(slug, Note(text))


@blueprint.post("/take-over")
@allows(Permission.CHANGE_PARTNERS)
def take_over(slug: str) -> BaseResponse:
    """Says whether the house's providers take over from the partner's own."""
    partner = partners.show_partner(current_session(), current_actor(), slug=slug)
    partner = partners.change_partner(
        current_session(),
        current_actor(),
        slug=slug,
        name=partner.name,
        may_use_house=request.form.get("active") == "1",
        now=now(),
    )
    text = (
        _("The house’s providers take over.")
        if partner.may_use_house
        else _("The house’s providers do not take over.")
    )
    return _changed(slug, Note(text))


def _said(saved: Saved) -> Note:
    """What came of saving."""
    if saved.is_put_aside and saved.test is not None:
        fault = explained(saved.test).error
        text = _(
            "The server is saved, but not in use, because the connection test failed. "
            "%(cause)s %(advice)s",
            cause=fault.message if fault else "",
            advice=fault.advice if fault else "",
        )
        return Note(text, "error")
    if saved.is_overridden:
        text = _("The server is saved and in use, although its connection test failed.")
        return Note(text, "info")
    return Note(_("The server is saved and in use."))


def _refused(slug: str, form: SmtpForm) -> BaseResponse:
    """Fields that a test cannot use: nothing was tried. For programs a failed test like others."""
    if not wants_json():
        return _page(slug, form, status=422)
    partner_servers.check_entry(current_session(), current_actor(), slug=slug)
    errors = [{"field": f.name, "message": f.errors[0]} for f in form if f.errors]
    log.error("connection_test_refused", fields=[item["field"] for item in errors])
    error = {"step": "input", "message": errors[0]["message"], "advice": "", "reply": ""}
    return make_response(jsonify({"ok": False, "error": error, "errors": errors}), 400)


def _changed(slug: str, note: Note) -> BaseResponse:
    if is_hx():
        return _page(slug, note=note)
    return leave(url_for("smtp_tab.show", slug=slug, server=place_name(wanted_place())), note)


def _page(
    slug: str,
    form: SmtpForm | None = None,
    *,
    status: int = 200,
    problem: str = "",
    test: ConnectionTest | None = None,
    note: Note | None = None,
) -> Response:
    actor, place = current_actor(), wanted_place()
    tab = partner_servers.show_tab(
        current_session(), actor, slug=slug, installation=installation(), now=now()
    )
    server = tab.server(place)
    opened = posted_number("version") if form is not None else None
    return window(
        TabName.SMTP,
        tab.partner,
        status=status,
        note=note,
        form=smtp_form(server) if form is None else form,
        is_fallback=place is ServiceType.FALLBACK,
        has_fallback=tab.fallback is not None,
        can_have_fallback=tab.main is not None or tab.fallback is not None,
        server=place_name(place),
        provider=shown_server(server.provider, tab.people) if server else None,
        health=row_health(server.state, server.condition) if server else None,
        version=opened if opened is not None or server is None else server.provider.version,
        password_state=shown_password(server.provider if server else None, tab.people),
        problem=problem,
        test_result=explained(test) if test else None,
        is_of_house=actor.may(Permission.CHANGE_PARTNERS),
    )


smtp_test_mails.add_routes(blueprint)
