"""Failover drills: beginning one, following it, and how earlier ones went."""

from __future__ import annotations

from flask import Response, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.drills import Letter, NoDrill, begin_drill, follow_drill, latest_drills
from panel.services.refusals import Invalid
from panel.services.routes import Route, partners, show_route
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.drill_story import again, story, verdict
from panel.web.forms.route import RouteForm, wish_url
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.labels import STREAMS
from panel.web.provider_pages import leave_for
from panel.web.route_rows import rows


@allows(Permission.SEE_ROUTES)
def index() -> Response:
    """Who would count as down and who should stand in, and the latest drills.

    For htmx the first part alone.
    """
    form = RouteForm(request.args)
    if not form.recipient.data:
        form.recipient.data = current_actor().name
    try:
        return _page(form, _route(form))
    except Invalid as refusal:
        form.mark(refusal)
        return _page(form, None, status=422)


@allows(Permission.CHANGE_PROVIDERS)
def create() -> BaseResponse:
    """Begins a drill."""
    form = RouteForm(request.form)
    try:
        drill = begin_drill(
            current_session(),
            current_actor(),
            wish=form.wish,
            letter=_letter(),
            vault=installation().vault,
            now=now(),
        )
    except NoDrill as refusal:
        return _page(form, refusal.route, status=409)
    except Invalid as refusal:
        form.mark(refusal)
        return _page(form, None, status=422)
    return leave_for(url_for("routes.drill", id=drill.id))


@allows(Permission.SEE_ROUTES)
def show(id: int) -> str:  # noqa: A002 - the name in the address
    """One drill; for htmx the part that changes while it goes on."""
    actor = current_actor()
    followed = follow_drill(current_session(), actor, drill_id=id, now=now())
    return render_template(
        "drills/_drill.html" if is_hx() else "drills/show.html",
        drill=followed.drill,
        followed=followed,
        story=story(followed),
        verdict=verdict(followed),
        streams=STREAMS,
        again_url=wish_url("routes.drills", again(followed)),
        can_manage=actor.may(Permission.CHANGE_PROVIDERS),
    )


def _route(form: RouteForm) -> Route:
    return show_route(
        current_session(), current_actor(), wish=form.wish, vault=installation().vault, now=now()
    )


def _letter() -> Letter:
    return Letter(
        subject=_("Postroom failover drill"),
        text=_(
            "This is a failover drill. For this mail the first provider was treated as down, and "
            "another one brought it to you. Nothing is wrong, and there is nothing to do.\n"
        ),
    )


def _page(form: RouteForm, route: Route | None, *, status: int = 200) -> Response:
    session, actor = current_session(), current_actor()
    if not is_hx():
        form.offer(partners(session, actor))
    page = render_template(
        "drills/_plan.html" if is_hx() else "drills/index.html",
        form=form,
        route=route,
        rows=rows(route) if route else [],
        route_url=wish_url("routes.index", form.wish),
        drills=() if is_hx() else latest_drills(session, actor),
        streams=STREAMS,
        can_manage=actor.may(Permission.CHANGE_PROVIDERS),
    )
    return make_response(page, status)
