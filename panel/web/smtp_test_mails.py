"""The test mail of a partner's server: address, mail, code, done; within the tab, or as pages."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext as _

from panel.domain.permission import Permission
from panel.services import confirmations, partner_servers, smtp_tab
from panel.services.database import current_session
from panel.services.partner_servers import Provider
from panel.services.refusals import Conflict, Invalid, TooMany
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.smtp_place import place_name, wanted_place
from panel.web.test_mails import Step, letter, step_after, wrong_code


def add_routes(blueprint: Blueprint) -> None:
    """Puts the paths under those of the SMTP tab."""
    blueprint.add_url_rule("/test-emails", "test_mail", show, methods=["GET"])
    blueprint.add_url_rule("/test-emails", "send_test_mail", send, methods=["POST"])
    blueprint.add_url_rule("/confirmations", "confirm", confirm, methods=["POST"])


@allows(Permission.OWN_SMTP)
def show(slug: str) -> Response:
    """Asks for the address."""
    return _page(slug, Step(to=current_actor().name))


@allows(Permission.OWN_SMTP)
def send(slug: str) -> Response:
    """Sends the mail; then asks for its code, or says why nobody took it."""
    to = request.form.get("to", "")
    try:
        sent = smtp_tab.send_mail(
            current_session(),
            current_actor(),
            slug=slug,
            place=wanted_place(),
            to=to,
            write=letter,
            installation=installation(),
            now=now(),
        )
    except Invalid as refusal:
        return _page(slug, Step(to=to, problem=_(refusal.errors["to"])), status=422)
    except TooMany as refusal:
        problem = _(refusal.message, **refusal.values)
        return _page(slug, Step(to=to, problem=problem), status=429)
    return _page(slug, step_after(sent))


@allows(Permission.OWN_SMTP)
def confirm(slug: str) -> Response:
    """Takes the code that arrived."""
    try:
        smtp_tab.confirm_mail(
            current_session(),
            current_actor(),
            slug=slug,
            place=wanted_place(),
            code=request.form.get("code", ""),
            now=now(),
        )
    except confirmations.WrongCode as refusal:
        step = Step(is_awaiting=True, code_problem=wrong_code(refusal.tries_left))
        return _page(slug, step, status=422)
    except Conflict as refusal:
        step = Step(to=current_actor().name, problem=_(refusal.message))
        return _page(slug, step, status=409)
    return _page(slug, Step(is_confirmed=True))


def _present(slug: str) -> Provider:
    return partner_servers.the_server(
        current_session(), current_actor(), slug=slug, place=wanted_place()
    )


def _page(slug: str, step: Step, *, status: int = 200) -> Response:
    server = place_name(wanted_place())
    page = render_template(
        "providers/_test_mail.html" if is_hx() else "partners/test_mail.html",
        provider=_present(slug),
        step=step,
        mail_url=url_for("smtp_tab.send_test_mail", slug=slug, server=server),
        code_url=url_for("smtp_tab.confirm", slug=slug, server=server),
        tab_url=url_for("smtp_tab.show", slug=slug, server=server),
    )
    return make_response(page, status)
