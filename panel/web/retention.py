"""Settings: how long mail is kept, with what would be removed shown before it is saved."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.delivery import Stream
from panel.domain.permission import Permission
from panel.domain.retention import Retention
from panel.services.database import current_session
from panel.services.retention import (
    FIRST,
    Count,
    StaleRetention,
    change_retention,
    plan_retention,
    show_retention,
)
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.forms.retention import RetentionForm, filled_forms, posted_forms
from panel.web.labels import STREAMS

blueprint = Blueprint("retention", __name__, url_prefix="/settings/retention")


@blueprint.get("")
@allows(Permission.CHANGE_SETTINGS)
def show() -> Response:
    """What holds, and how much mail there is."""
    return _page()


@blueprint.post("/previews")
@allows(Permission.CHANGE_SETTINGS)
def preview() -> Response:
    """What the posted choice would remove now; nothing is saved."""
    forms = posted_forms(request.form)
    wanted = _valid(forms)
    version = request.form.get("version", "")
    if wanted is None:
        return _page(forms, status=422, version=version)
    try:
        plan = plan_retention(
            current_session(), current_actor(), wanted=wanted, version=version, now=now()
        )
    except StaleRetention as refusal:
        return _page(status=409, problem=_(refusal.message))
    return make_response(
        render_template(
            "settings/retention_preview.html",
            plan=plan,
            streams=STREAMS,
            kept_words=kept_words,
            count_words=count_words,
        )
    )


@blueprint.post("")
@allows(Permission.CHANGE_SETTINGS)
def save() -> BaseResponse:
    """Saves a choice of which the preview was seen."""
    forms = posted_forms(request.form)
    wanted = _valid(forms)
    version, seal = request.form.get("version", ""), request.form.get("seal", "")
    if wanted is None:
        return _page(forms, status=422, version=version)
    try:
        change_retention(
            current_session(),
            current_actor(),
            wanted=wanted,
            version=version,
            seal=seal,
            now=now(),
        )
    except StaleRetention as refusal:
        return _page(status=409, problem=_(refusal.message))
    flash(_("Saved. A worker begins to remove what is older within a minute."), "success")
    return redirect(address("retention.show"), code=303)


def kept_words(days: int | None) -> str:
    """How long that is."""
    if days is None:
        return str(_("For ever"))
    if days == 0:
        return str(_("Until the mail has ended"))
    return str(ngettext("%(num)d day", "%(num)d days", days))


def count_words(count: Count) -> str:
    """A number that tells whether it was counted."""
    number = format_decimal(count.value)
    return number if count.is_exact else str(_("about %(number)s", number=number))


def _valid(forms: Mapping[Stream, RetentionForm]) -> dict[Stream, Retention] | None:
    checked = {stream: form.check() for stream, form in forms.items()}
    wanted = {stream: kept for stream, kept in checked.items() if kept is not None}
    return wanted if len(wanted) == len(forms) else None


def _page(
    forms: Mapping[Stream, RetentionForm] | None = None,
    *,
    status: int = 200,
    version: str | None = None,
    problem: str = "",
) -> Response:
    keeping = show_retention(current_session(), current_actor())
    page = render_template(
        "settings/retention.html",
        keeping=keeping,
        forms=forms or filled_forms(keeping.retentions),
        version=keeping.version if version is None else version,
        problem=problem,
        streams=STREAMS,
        first=FIRST,
        kept_words=kept_words,
        count_words=count_words,
        number=format_decimal,
    )
    return make_response(page, status)
