"""Settings: what the organisation decides about its sending."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.delivery import Stream
from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.sending_rules import POLICIES, StaleRules, change_rules, show_rules
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.forms.sending_rules import (
    HINTS,
    UNCONFIRMED,
    RulesForm,
    empty_forms,
    filled_forms,
    minutes_text,
)
from panel.web.labels import STREAMS

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
@allows(Permission.CHANGE_SETTINGS)
def index() -> str:
    """What can be set."""
    return render_template("settings/index.html")


@blueprint.get("/sending")
@allows(Permission.CHANGE_SETTINGS)
def sending() -> Response:
    """The sending rules of each kind of mail."""
    return _page()


@blueprint.post("/sending")
@allows(Permission.CHANGE_SETTINGS)
def save_sending() -> BaseResponse:
    """Saves them all, or none when a field of one is wrong."""
    forms = empty_forms(request.form)
    policies = {stream: form.check() for stream, form in forms.items()}
    version = request.form.get("version", "")
    valid = {stream: policy for stream, policy in policies.items() if policy is not None}
    if len(valid) < len(forms):
        return _page(forms, status=422, version=version)
    try:
        change_rules(current_session(), current_actor(), policies=valid, version=version, now=now())
    except StaleRules as refusal:
        return _page(status=409, problem=_(refusal.message))
    flash(_("The sending rules are saved."), "success")
    return redirect(address("settings.sending"), code=303)


def _page(
    forms: Mapping[Stream, RulesForm] | None = None,
    *,
    status: int = 200,
    version: str | None = None,
    problem: str = "",
) -> Response:
    rules = show_rules(current_session(), current_actor())
    page = render_template(
        "settings/sending.html",
        forms=forms or filled_forms(rules.policies),
        version=rules.version if version is None else version,
        problem=problem,
        streams=STREAMS,
        hints={word.value: hint for word, hint in HINTS.items()},
        defaults=POLICIES,
        unconfirmed_words=UNCONFIRMED,
        minutes_text=minutes_text,
    )
    return make_response(page, status)
