"""The own account: password, language, and the browsers in which one is signed in."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services.account import LANGUAGES, change_language, change_password, profile
from panel.services.database import current_session
from panel.services.refusals import N_, Invalid
from panel.services.sessions import end_other_sessions, own_sessions
from panel.web.access import allows, current_actor, own_path, present_actor, public
from panel.web.browsers import browser_name
from panel.web.clock import now
from panel.web.forms.account import ChangePasswordForm
from panel.web.forms.errors import show_errors
from panel.web.installed import installation
from panel.web.language import COOKIE

blueprint = Blueprint("account", __name__, url_prefix="/account")
A_YEAR_S = 365 * 24 * 3600


@blueprint.get("")
@allows(Permission.OWN_ACCOUNT)
def show() -> Response:
    """Password, language, sessions."""
    return _page(ChangePasswordForm())


@blueprint.post("/password")
@allows(Permission.OWN_ACCOUNT)
def password() -> BaseResponse:
    """Changes the password; every other browser is signed out."""
    form = ChangePasswordForm()
    if not form.validate():
        return _page(form, status=422)
    try:
        change_password(
            current_session(),
            current_actor(),
            current=form.current_password.data or "",
            new=form.password.data or "",
            now=now(),
        )
    except Invalid as invalid:
        show_errors(form, invalid)
        return _page(form, status=422)
    flash(_("The password is changed. All your other browsers are signed out."), "success")
    return redirect("/account", code=303)


@blueprint.post("/language")
@public
def language() -> BaseResponse:
    """Remembers the language: in a cookie, and with the account of who is signed in."""
    choice = request.form.get("language", "")
    if choice not in LANGUAGES:
        raise Invalid({"language": N_("Choose English or Turkish.")})
    actor = present_actor()
    if actor is not None:
        change_language(current_session(), actor, language=choice, now=now())
    answer = redirect(own_path(request.form.get("next")) or _page_before(), code=303)
    answer.set_cookie(
        COOKIE,
        choice,
        max_age=A_YEAR_S,
        secure=installation().config.is_https,
        httponly=True,
        samesite="Lax",
    )
    return answer


@blueprint.post("/sessions/deletions")
@allows(Permission.OWN_ACCOUNT)
def end_others() -> BaseResponse:
    """Signs out every browser but this one."""
    ended = end_other_sessions(current_session(), current_actor(), now=now())
    flash(
        ngettext(
            "%(num)d other browser is signed out.",
            "%(num)d other browsers are signed out.",
            ended,
        ),
        "success",
    )
    return redirect("/account", code=303)


def _page_before() -> str:
    return "/account" if present_actor() is not None else "/sign-in"


def _page(form: ChangePasswordForm, status: int = 200) -> Response:
    actor, database = current_actor(), current_session()
    page = render_template(
        "account/show.html",
        form=form,
        profile=profile(database, actor),
        sessions=own_sessions(database, actor, now=now()),
        browser_name=browser_name,
    )
    return make_response(page, status)
