"""What was changed of one provider, shown below its form when somebody asks for it."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services.audit_trail import changes_of_provider
from panel.services.database import current_session
from panel.web.access import allows, current_actor
from panel.web.audit_words import shown_events
from panel.web.hx import is_hx


@allows(Permission.SEE_AUDIT)
def changes(id: int) -> BaseResponse:  # noqa: A002 - the name in the address
    """The latest changes, as a fragment; without htmx the audit has them all."""
    trail = changes_of_provider(current_session(), current_actor(), provider_id=id)
    if not is_hx():
        return redirect(url_for("audit.index", object=f"provider:{id}"), code=303)
    return make_response(
        render_template("providers/_changes.html", provider_id=id, events=shown_events(trail))
    )


def add_routes(blueprint: Blueprint) -> None:
    """Puts this view beside the others of the providers."""
    blueprint.add_url_rule("/<int:id>/changes", "changes", changes, methods=["GET"])
