"""The start page: is mail flowing, and what is left to set up."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.house import standing_warnings
from panel.services.overview import show_overview
from panel.services.traffic import show_traffic
from panel.web.access import allows, current_actor, present_actor
from panel.web.audit_words import shown_events
from panel.web.banners import banners
from panel.web.clock import now
from panel.web.errors import answer
from panel.web.explanations import reason
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.overview_figures import boxes, figures
from panel.web.provider_health import notices
from panel.web.traffic_plot import Plot, plot

blueprint = Blueprint("overview", __name__)


@blueprint.get("/")
@allows(Permission.SEE_OVERVIEW)
def index() -> str:
    """The overview; for htmx its live part only, and the warnings across the top of the page."""
    actor, session, moment = current_actor(), current_session(), now()
    overview = show_overview(session, actor, vault=installation().vault, now=moment)
    return render_template(
        "overview/_answer.html" if is_hx() else "overview/index.html",
        overview=overview,
        figures=figures(overview),
        boxes=boxes(overview.chain),
        plot=None if is_hx() else _plot(),
        notices=notices(overview.worries),
        events=shown_events(overview.changes) if overview.changes else (),
        banners=banners(standing_warnings(session, actor, now=moment), actor),
        sees_providers=actor.may(Permission.SEE_PROVIDERS),
        sees_audit=actor.may(Permission.SEE_AUDIT),
        reason=reason,
    )


@blueprint.get("/traffic")
@allows(Permission.SEE_OVERVIEW)
def traffic() -> str | BaseResponse:
    """The plot of the day and its table, which cost more than all else and change less."""
    if not is_hx():
        return redirect(url_for("overview.index"), code=303)
    return render_template("overview/_traffic_now.html", plot=_plot())


def _plot() -> Plot:
    return plot(show_traffic(current_session(), current_actor(), now=now()))


@blueprint.errorhandler(NotFound)
def lead_on(_error: NotFound) -> BaseResponse:
    """Whose start page this is not is led to the queue, which everybody has."""
    actor = present_actor()
    is_start = request.endpoint == "overview.index"
    if actor is not None and actor.is_partner and is_start:
        return redirect(url_for("queue.index"), code=303)
    return answer(404)
