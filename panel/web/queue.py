"""The queue: everything that has not ended, and what can be done with it."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.delivery import WAITING_STATES, DeliveryState, Stream
from panel.domain.permission import Permission
from panel.services import queue, queue_jobs
from panel.services.database import current_session
from panel.services.owners import partner_choices
from panel.services.queue import Changed, Cursor, QueueAct, QueueFilter, Selection
from panel.services.queue_jobs import Progress
from panel.web.access import allows, current_actor
from panel.web.addresses import address_of
from panel.web.clock import now
from panel.web.explanations import reason
from panel.web.hx import is_hx, with_toast
from panel.web.labels import DELIVERY_STATES, STREAMS
from panel.web.listing import cursor_of, known, number, owner
from panel.web.queue_words import ACTS, left_words, match_words, result_words
from panel.web.refresh import mark_of, no_news

blueprint = Blueprint("queue", __name__, url_prefix="/queue")
STATES = tuple(state for state in DeliveryState if state in WAITING_STATES)
DECISIONS = frozenset({QueueAct.SEND_AGAIN, QueueAct.COUNT_AS_SENT, QueueAct.GIVE_UP})
"""What can be decided about unconfirmed mail."""


@blueprint.get("")
@allows(Permission.SEE_QUEUE)
def index() -> Response:
    """The list, narrowed by the address."""
    return _page(wanted_of(request.args), cursor_of(request.args))


@blueprint.get("/matches")
@allows(Permission.SEE_QUEUE)
def matches() -> str:
    """How many mails the form's filter lets through, for the question before all of them change."""
    wanted = wanted_of(request.args)
    count = queue.match_count(current_session(), current_actor(), wanted=wanted)
    return render_template(
        "queue/_matches.html", text=match_words(count, most=queue.MOST_COUNTED), wanted=wanted
    )


@blueprint.post("/retries")
@allows(Permission.CHANGE_QUEUE)
def retries() -> BaseResponse:
    """Lets the sender try the selected mails now."""
    return _do(QueueAct.RETRY)


@blueprint.post("/cancellations")
@allows(Permission.CHANGE_QUEUE)
def cancellations() -> BaseResponse:
    """Ends the selected mails unsent."""
    return _do(QueueAct.CANCEL)


@blueprint.post("/holds")
@allows(Permission.CHANGE_QUEUE)
def holds() -> BaseResponse:
    """Keeps the selected mails until somebody sends or cancels them."""
    return _do(QueueAct.HOLD)


@blueprint.post("/releases")
@allows(Permission.CHANGE_QUEUE)
def releases() -> BaseResponse:
    """Lets the sender take those of the selected mails that are held."""
    return _do(QueueAct.RELEASE)


@blueprint.post("/decisions")
@allows(Permission.CHANGE_QUEUE)
def decisions() -> BaseResponse:
    """Decides alike about the selected mails that are unconfirmed: `choice` and `note`."""
    act = known(QueueAct, request.form.get("choice"))
    if act is None or act not in DECISIONS:
        text = _("Nothing is chosen. Choose what shall happen, then repeat.")
        return _page(wanted_of(request.form), Cursor(), status=422, toast=("error", text))
    return _do(act)


@blueprint.post("/deletions")
@allows(Permission.CHANGE_QUEUE)
def deletions() -> BaseResponse:
    """Removes the selected mails for good."""
    return _do(QueueAct.DELETE)


def wanted_of(values: MultiDict[str, str]) -> QueueFilter:
    """The filter that an address or a form names; unknown words leave the list as it is."""
    state = known(DeliveryState, values.get("state"))
    return QueueFilter(
        state=state if state in WAITING_STATES else None,
        stream=known(Stream, values.get("stream")),
        recipient=values.get("recipient", "").strip()[:320],
        owner="" if current_actor().is_partner else owner(values.get("owner")),
    )


def selection_of(values: MultiDict[str, str]) -> Selection:
    """The ids of the form, or its filter when it says `all`."""
    if values.get("all") == "1":
        return Selection(wanted=wanted_of(values))
    ids = (number(text) for text in values.getlist("ids"))
    return Selection(ids=tuple(id_ for id_ in ids if id_ is not None))


def _do(act: QueueAct) -> BaseResponse:
    """Does it to what was selected, at once or as a job."""
    selection = selection_of(request.form)
    if selection.wanted is None and not selection.ids:
        text = _("No mail is selected. Tick the mails that you mean, then repeat.")
        return _page(wanted_of(request.form), Cursor(), status=422, toast=("error", text))
    note = request.form.get("note", "") if act in DECISIONS else ""
    came = queue_jobs.change_or_begin(
        current_session(), current_actor(), selection=selection, act=act, note=note, now=now()
    )
    return _done(act, came) if isinstance(came, Changed) else _begun(came)


def _done(act: QueueAct, changed: Changed) -> BaseResponse:
    tone = "success" if changed.changed else "error"
    text = result_words(act, changed.changed)
    if changed.left:
        text = f"{text} {left_words(changed.left)}"
    wanted = wanted_of(request.form)
    if is_hx():
        return _page(wanted, Cursor(), toast=(tone, text))
    flash(text, tone)
    return redirect(address_of("queue.index", wanted), code=303)


def _begun(job: Progress) -> BaseResponse:
    if not is_hx():
        return redirect(url_for("queue_jobs.show", id=job.id), code=303)
    text = _("That is many: it goes on in the background. You can leave this page.")
    return _page(wanted_of(request.form), Cursor(), toast=("info", text))


def _page(
    wanted: QueueFilter, cursor: Cursor, *, status: int = 200, toast: tuple[str, str] | None = None
) -> Response:
    actor, session = current_actor(), current_session()
    if toast and not is_hx():
        flash(toast[1], toast[0])
    found = queue.queue_page(session, actor, wanted=wanted, cursor=cursor)
    counts = queue.queue_counts(session, actor)
    jobs = queue_jobs.notes(session, actor, now=now())
    mark = mark_of(wanted, found, counts, jobs)
    unchanged = no_news(mark)
    if unchanged is not None:
        return unchanged
    page = render_template(
        "queue/_list.html" if is_hx() else "queue/index.html",
        page=found,
        counts=counts,
        jobs=jobs,
        mark=mark,
        acts=ACTS,
        wanted=wanted,
        is_live=cursor.is_newest,
        shows_partner=not actor.is_partner,
        states=[(state, DELIVERY_STATES[state]) for state in STATES],
        streams=STREAMS,
        partners=() if is_hx() else partner_choices(session, actor, chosen=wanted.owner),
        reason=reason,
        address_of=address_of,
    )
    response = make_response(page, status)
    return with_toast(response, *toast) if toast and is_hx() else response
