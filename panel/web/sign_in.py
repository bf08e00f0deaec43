"""Signing in and out, and the one-time links by which people set their first password."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import session as page_session
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import set_up
from panel.services.database import current_session
from panel.services.refusals import Invalid, NotFound, TooMany
from panel.services.sessions import sign_out
from panel.services.sign_in import WrongSignIn, sign_in
from panel.web.access import allows, current_actor, own_path, present_actor, public
from panel.web.clock import now
from panel.web.forms.account import FirstOperatorForm, PasswordForm, SignInForm
from panel.web.forms.errors import show_errors
from panel.web.identity import forget, remember, remote_address

blueprint = Blueprint("sign_in", __name__)


@blueprint.get("/sign-in")
@public
def new() -> BaseResponse | str:
    """The form; who is signed in already goes on."""
    if present_actor() is not None:
        return redirect(_target(), code=303)
    return render_template("sign_in/new.html", form=SignInForm(), problem="")


@blueprint.post("/sign-in")
@public
def create() -> BaseResponse:
    """Signs in, or shows the form again with one sentence that tells nothing about accounts."""
    form = SignInForm()
    if not form.validate():
        return _form_again(form, "", 422)
    try:
        token = sign_in(
            current_session(),
            email=form.email.data or "",
            password=form.password.data or "",
            address=remote_address(),
            user_agent=str(request.user_agent),
            now=now(),
        )
    except WrongSignIn as refusal:
        return _form_again(form, _(refusal.message), 422)
    except TooMany as refusal:
        answer = _form_again(form, _(refusal.message, **refusal.values), 429)
        answer.headers["Retry-After"] = str(refusal.wait_s)
        return answer
    return _enter(token)


@blueprint.post("/sign-out")
@allows(Permission.OWN_ACCOUNT)
def delete() -> BaseResponse:
    """Ends the session; its cookie is worth nothing afterwards."""
    sign_out(current_session(), current_actor(), now=now())
    page_session.clear()
    answer = redirect("/sign-in", code=303)
    forget(answer)
    return answer


@blueprint.get("/set-up/<token>")
@public
def edit(token: str) -> BaseResponse:
    """The form behind a one-time link."""
    try:
        link = set_up.open_link(current_session(), token, now=now())
    except NotFound:
        return _expired()
    return _set_up_form(link, _form_of(link))


@blueprint.post("/set-up/<token>")
@public
def update(token: str) -> BaseResponse:
    """Sets the password behind a one-time link and signs in."""
    database = current_session()
    try:
        link = set_up.open_link(database, token, now=now())
        form = _form_of(link)
        if not form.validate():
            return _set_up_form(link, form, status=422)
        cookie = set_up.use_link(
            database,
            token,
            newcomer=_newcomer(form),
            address=remote_address(),
            user_agent=str(request.user_agent),
            now=now(),
        )
    except NotFound:
        return _expired()
    except Invalid as invalid:
        show_errors(form, invalid)
        return _set_up_form(link, form, status=422)
    flash(_("Your password is set. Welcome."), "success")
    return _enter(cookie)


def _enter(token: str) -> BaseResponse:
    """Goes on as the signed-in person, leaving behind what the browser had before."""
    if present_actor() is not None:
        sign_out(current_session(), current_actor(), now=now())
    flashes = page_session.get("_flashes", [])
    page_session.clear()
    page_session["_flashes"] = flashes
    answer = redirect(_target(), code=303)
    remember(answer, token)
    return answer


def _target() -> str:
    return own_path(request.args.get("next")) or "/"


def _form_again(form: SignInForm, problem: str, status: int) -> Response:
    return make_response(render_template("sign_in/new.html", form=form, problem=problem), status)


def _form_of(link: set_up.OpenLink) -> PasswordForm:
    return FirstOperatorForm() if link.is_first_run else PasswordForm()


def _newcomer(form: PasswordForm) -> set_up.Newcomer:
    password = form.password.data or ""
    if isinstance(form, FirstOperatorForm):
        return set_up.Newcomer(password, form.email.data or "", form.name.data or "")
    return set_up.Newcomer(password)


def _set_up_form(link: set_up.OpenLink, form: PasswordForm, status: int = 200) -> Response:
    page = render_template(
        "sign_in/password.html", form=form, email=link.email, is_first_run=link.is_first_run
    )
    return make_response(page, status)


def _expired() -> Response:
    is_first_run = set_up.has_nobody(current_session())
    return make_response(render_template("sign_in/expired.html", is_first_run=is_first_run), 404)
