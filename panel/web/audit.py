"""The audit: who changed what, when, from where, and what it was before."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict

from panel.domain.permission import Permission
from panel.services import audit_trail
from panel.services.audit_trail import AuditFilter
from panel.services.database import current_session
from panel.web.access import allows, current_actor
from panel.web.addresses import address_of
from panel.web.audit_words import action_label, shown_events
from panel.web.listing import cursor_of, moment

blueprint = Blueprint("audit", __name__, url_prefix="/audit")
_LONGEST = 254


@blueprint.get("")
@allows(Permission.SEE_AUDIT)
def index() -> str:
    """The audit, narrowed by the address."""
    actor, session = current_actor(), current_session()
    wanted, cursor = wanted_of(request.args), cursor_of(request.args)
    trail = audit_trail.trail(session, actor, wanted=wanted, cursor=cursor)
    actions = {name: action_label(name) for name in audit_trail.actions(session, actor)}
    return render_template(
        "audit/index.html",
        events=shown_events(trail),
        page=trail.page,
        wanted=wanted,
        actions=dict(sorted(actions.items(), key=lambda item: item[1])),
        address_of=address_of,
    )


def wanted_of(values: MultiDict[str, str]) -> AuditFilter:
    """The filter that an address names; what cannot be read leaves the audit as it is."""
    return AuditFilter(
        who=_text(values.get("who")),
        what=_text(values.get("what")),
        object=_text(values.get("object")),
        since=moment(values.get("since")),
        until=moment(values.get("until")),
    )


def _text(given: str | None) -> str:
    """Without what nobody can see; a database might refuse it."""
    return "".join(c for c in given or "" if c.isprintable()).strip()[:_LONGEST]
