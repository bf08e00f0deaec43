"""Routes: which way a mail would go at this moment. Failover drills are beside it."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.refusals import Invalid
from panel.services.routes import Route, partners, show_route
from panel.web import drills
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.forms.route import RouteForm, wish_url
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.labels import STREAMS
from panel.web.route_rows import rows

blueprint = Blueprint("routes", __name__, url_prefix="/routes")


@blueprint.get("")
@allows(Permission.SEE_ROUTES)
def index() -> Response:
    """The chain for the mail in the address; for htmx the chain alone."""
    form = RouteForm(request.args)
    try:
        route = show_route(
            current_session(),
            current_actor(),
            wish=form.wish,
            vault=installation().vault,
            now=now(),
        )
    except Invalid as refusal:
        form.mark(refusal)
        return _page(form, None, status=422)
    return _page(form, route)


def _page(form: RouteForm, route: Route | None, *, status: int = 200) -> Response:
    actor = current_actor()
    if not is_hx():
        form.offer(partners(current_session(), actor))
    page = render_template(
        "routes/_route.html" if is_hx() else "routes/index.html",
        form=form,
        route=route,
        rows=rows(route) if route else [],
        streams=STREAMS,
        url=wish_url("routes.index", form.wish),
        drill_url=wish_url("routes.drills", form.wish),
        can_manage=actor.may(Permission.CHANGE_PROVIDERS),
    )
    response = make_response(page, status)
    if is_hx():
        response.headers["HX-Replace-Url"] = wish_url("routes.index", form.wish)
    return response


for rule, name, view in (
    ("/drills", "drills", drills.index),
    ("/drills/<int:id>", "drill", drills.show),
):
    blueprint.add_url_rule(rule, name, view, methods=["GET"])
blueprint.add_url_rule("/drills", "begin_drill", drills.create, methods=["POST"])
