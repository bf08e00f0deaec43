"""The mailing log: every attempt with its reason."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request
from werkzeug.datastructures import MultiDict

from panel.domain.delivery import AttemptStatus
from panel.domain.permission import Permission
from panel.services import mailing_log
from panel.services.database import current_session
from panel.services.mailing_log import LogFilter, LogRow
from panel.services.owners import partner_choices
from panel.web.access import allows, current_actor
from panel.web.addresses import address_of
from panel.web.explanations import explain, reason
from panel.web.hx import is_hx
from panel.web.labels import ATTEMPT_STATUSES
from panel.web.listing import cursor_of, known, moment, number, owner
from panel.web.refresh import mark_of, no_news
from panel.web.spreadsheet import spreadsheet

COLUMNS = (
    "id",
    "queue_id",
    "message_id",
    "email",
    "subject",
    "provider",
    "attempt_date",
    "status",
    "reason",
    "answer",
    "duration_ms",
    "second_copy",
)
"""Of the file: the same in every language, so that programs can read it, too."""

blueprint = Blueprint("mailing_log", __name__)


@blueprint.get("/mailing-log")
@allows(Permission.SEE_MAILING_LOG)
def index() -> Response:
    """The log, narrowed by the address."""
    actor, session = current_actor(), current_session()
    wanted, cursor = wanted_of(request.args), cursor_of(request.args)
    found = mailing_log.log_page(session, actor, wanted=wanted, cursor=cursor)
    mark = mark_of(wanted, found)
    unchanged = no_news(mark)
    if unchanged is not None:
        return unchanged
    page = render_template(
        "mailing_log/_list.html" if is_hx() else "mailing_log/index.html",
        page=found,
        mark=mark,
        wanted=wanted,
        is_live=cursor.is_newest,
        statuses=ATTEMPT_STATUSES,
        providers=() if is_hx() else mailing_log.provider_choices(session, actor),
        partners=() if is_hx() else partner_choices(session, actor, chosen=wanted.owner),
        reason=reason,
        address_of=address_of,
    )
    return make_response(page)


@blueprint.get("/mailing-log.csv")
@allows(Permission.SEE_MAILING_LOG)
def export() -> Response:
    """All of the log that the address asks for, as a file for spreadsheets."""
    found = mailing_log.every_row(
        current_session(), current_actor(), wanted=wanted_of(request.args)
    )
    return spreadsheet("mailing-log.csv", COLUMNS, map(_cells, found))


def _cells(row: LogRow) -> tuple[object, ...]:
    return (
        row.id,
        row.delivery_id,
        row.message_id,
        row.recipient,
        row.subject,
        row.provider_name,
        row.started_at.isoformat(timespec="milliseconds"),
        row.status.value,
        explain(row.rule, row.said).cause if row.rule else "",
        row.said,
        row.duration_ms,
        int(row.is_copy),
    )


def wanted_of(values: MultiDict[str, str]) -> LogFilter:
    """The filter that an address names; what cannot be read leaves the log as it is."""
    return LogFilter(
        status=known(AttemptStatus, values.get("status")),
        provider_id=number(values.get("provider_id")),
        query=values.get("query", "").strip()[:320],
        since=moment(values.get("since")),
        until=moment(values.get("until")),
        owner="" if current_actor().is_partner else owner(values.get("owner")),
    )
