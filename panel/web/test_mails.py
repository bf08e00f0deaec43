"""The test mail of a provider: address, mail, code, done; one dialog, or one page after another."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from panel.domain.confirmation import LIFE
from panel.domain.permission import Permission
from panel.services import confirmations, providers, test_mails
from panel.services.database import current_session
from panel.services.providers import Provider
from panel.services.refusals import Conflict, Invalid, TooMany
from panel.services.test_mails import Letter, Sent
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.explanations import Explanation as Words
from panel.web.explanations import explain
from panel.web.hx import is_hx
from panel.web.installed import installation


@dataclass(frozen=True, slots=True)
class Step:
    """How far the dialog has come, and what is wrong with what was typed last."""

    to: str = ""
    problem: str = ""
    code_problem: str = ""
    is_awaiting: bool = False
    is_confirmed: bool = False
    fault: Words | None = None
    said: str = ""


def add_routes(blueprint: Blueprint) -> None:
    """Puts the paths under those of the providers."""
    path = "/<int:id>/test-emails"
    blueprint.add_url_rule(path, "test_mail", show, methods=["GET"])
    blueprint.add_url_rule(path, "send_test_mail", send, methods=["POST"])
    blueprint.add_url_rule("/<int:id>/confirmations", "confirm", confirm, methods=["POST"])


@allows(Permission.CHANGE_PROVIDERS)
def show(id: int) -> Response:  # noqa: A002 - the name in the address
    """Asks for the address."""
    return _page(_present(id), Step(to=current_actor().name))


@allows(Permission.CHANGE_PROVIDERS)
def send(id: int) -> Response:  # noqa: A002
    """Sends the mail; then asks for its code, or says why nobody took it."""
    to = request.form.get("to", "")
    try:
        sent = test_mails.send_test_mail(
            current_session(),
            current_actor(),
            provider_id=id,
            to=to,
            write=letter,
            installation=installation(),
            now=now(),
        )
    except Invalid as refusal:
        return _page(_present(id), Step(to=to, problem=_(refusal.errors["to"])), status=422)
    except TooMany as refusal:
        problem = _(refusal.message, **refusal.values)
        return _page(_present(id), Step(to=to, problem=problem), status=429)
    return _page(sent.provider, step_after(sent))


@allows(Permission.CHANGE_PROVIDERS)
def confirm(id: int) -> Response:  # noqa: A002
    """Takes the code that arrived."""
    try:
        provider = confirmations.confirm(
            current_session(),
            current_actor(),
            provider_id=id,
            code=request.form.get("code", ""),
            now=now(),
        )
    except confirmations.WrongCode as refusal:
        to = request.form.get("to", "")
        step = Step(to=to, is_awaiting=True, code_problem=wrong_code(refusal.tries_left))
        return _page(_present(id), step, status=422)
    except Conflict as refusal:
        step = Step(to=current_actor().name, problem=_(refusal.message))
        return _page(_present(id), step, status=409)
    return _page(provider, Step(is_confirmed=True))


def step_after(sent: Sent) -> Step:
    """How far a mail that was sent has brought the dialog."""
    if sent.is_taken:
        return Step(to=sent.recipient, is_awaiting=True)
    outcome = sent.outcome
    return Step(to=sent.recipient, fault=explain(outcome.rule, outcome.said), said=outcome.said)


def wrong_code(tries_left: int) -> str:
    """What is said about a code that is not that of the mail."""
    if not tries_left:
        return str(_("This is not the code of the mail. It was the last try: send another mail."))
    return str(
        ngettext(
            "This is not the code of the mail. One try is left.",
            "This is not the code of the mail. %(num)d tries are left.",
            tries_left,
        )
    )


def letter(name: str, code: str) -> Letter:
    """The mail in the words of the reader's language."""
    values = {"name": name, "code": code, "minutes": LIFE.seconds // 60}
    return Letter(
        subject=str(_("Postroom test of %(name)s", name=name)),
        text=render_template("providers/test_mail.txt", **values),
        html=render_template("providers/test_mail_body.html", **values),
    )


def _present(provider_id: int) -> Provider:
    return providers.show(current_session(), current_actor(), provider_id=provider_id)


def _page(provider: Provider, step: Step, *, status: int = 200) -> Response:
    page = render_template(
        "providers/_test_mail.html" if is_hx() else "providers/test_mail.html",
        provider=provider,
        step=step,
        mail_url=url_for("providers.send_test_mail", id=provider.id),
        code_url=url_for("providers.confirm", id=provider.id),
    )
    return make_response(page, status)
