"""The start page: is mail flowing, and what is left to set up."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.overview import show_overview
from panel.web.access import allows, current_actor, present_actor
from panel.web.clock import now
from panel.web.errors import answer
from panel.web.explanations import reason
from panel.web.hx import is_hx
from panel.web.labels import SERVICE_TYPES

blueprint = Blueprint("overview", __name__)


@blueprint.get("/")
@allows(Permission.SEE_OVERVIEW)
def index() -> str:
    """The overview; for htmx its live part only."""
    actor = current_actor()
    return render_template(
        "overview/_overview.html" if is_hx() else "overview/index.html",
        overview=show_overview(current_session(), actor, now=now()),
        sees_providers=actor.may(Permission.SEE_PROVIDERS),
        service_types=SERVICE_TYPES,
        reason=reason,
    )


@blueprint.errorhandler(NotFound)
def lead_on(_error: NotFound) -> BaseResponse:
    """Whose start page this is not is led to the queue, which everybody has."""
    actor = present_actor()
    if actor is not None and actor.is_partner:
        return redirect(url_for("queue.index"), code=303)
    return answer(404)
