"""The mailing log: every attempt with its reason."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.datastructures import MultiDict

from panel.domain.delivery import AttemptStatus
from panel.domain.permission import Permission
from panel.services import mailing_log
from panel.services.database import current_session
from panel.services.mailing_log import LogFilter
from panel.web.access import allows, current_actor
from panel.web.addresses import address_of
from panel.web.explanations import reason
from panel.web.hx import is_hx
from panel.web.labels import ATTEMPT_STATUSES
from panel.web.listing import cursor_of, known, moment, number

blueprint = Blueprint("mailing_log", __name__, url_prefix="/mailing-log")


@blueprint.get("")
@allows(Permission.SEE_MAILING_LOG)
def index() -> str:
    """The log, narrowed by the address."""
    actor, session = current_actor(), current_session()
    wanted, cursor = wanted_of(request.args), cursor_of(request.args)
    return render_template(
        "mailing_log/_list.html" if is_hx() else "mailing_log/index.html",
        page=mailing_log.log_page(session, actor, wanted=wanted, cursor=cursor),
        wanted=wanted,
        is_live=cursor.is_newest,
        statuses=ATTEMPT_STATUSES,
        providers=() if is_hx() else mailing_log.provider_choices(session, actor),
        reason=reason,
        address_of=address_of,
    )


def wanted_of(values: MultiDict[str, str]) -> LogFilter:
    """The filter that an address names; what cannot be read leaves the log as it is."""
    return LogFilter(
        status=known(AttemptStatus, values.get("status")),
        provider_id=number(values.get("provider_id")),
        query=values.get("query", "").strip()[:320],
        since=moment(values.get("since")),
        until=moment(values.get("until")),
    )
