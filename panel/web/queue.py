"""The queue: everything that has not ended, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.delivery import WAITING_STATES, DeliveryState, Stream
from panel.domain.permission import Permission
from panel.services import queue
from panel.services.database import current_session
from panel.services.queue import Changed, Choice, Cursor, QueueFilter, Selection
from panel.web.access import allows, current_actor
from panel.web.addresses import address_of
from panel.web.clock import now
from panel.web.explanations import reason
from panel.web.hx import is_hx, with_toast
from panel.web.labels import DELIVERY_STATES, STREAMS
from panel.web.listing import cursor_of, known, number

blueprint = Blueprint("queue", __name__, url_prefix="/queue")
STATES = tuple(state for state in DeliveryState if state in WAITING_STATES)
Use = Callable[..., Changed]
DECISIONS: dict[Choice, Callable[[int], str]] = {
    Choice.SEND_AGAIN: lambda number: ngettext(
        "%(num)d mail is sent again.", "%(num)d mails are sent again.", number
    ),
    Choice.COUNT_AS_SENT: lambda number: ngettext(
        "%(num)d mail counts as sent.", "%(num)d mails count as sent.", number
    ),
    Choice.GIVE_UP: lambda number: ngettext(
        "%(num)d mail is given up.", "%(num)d mails are given up.", number
    ),
}
"""What is said after a decision about unconfirmed mail, by how many it moved."""


@blueprint.get("")
@allows(Permission.SEE_QUEUE)
def index() -> Response:
    """The list, narrowed by the address."""
    return _page(wanted_of(request.args), cursor_of(request.args))


@blueprint.post("/retries")
@allows(Permission.CHANGE_QUEUE)
def retries() -> BaseResponse:
    """Lets the sender try the selected mails now."""
    changed = _use(queue.retry)
    return _done(
        changed,
        ngettext(
            "%(num)d mail is tried again now.", "%(num)d mails are tried again now.", _n(changed)
        ),
    )


@blueprint.post("/cancellations")
@allows(Permission.CHANGE_QUEUE)
def cancellations() -> BaseResponse:
    """Ends the selected mails unsent."""
    changed = _use(queue.cancel)
    return _done(
        changed, ngettext("%(num)d mail is cancelled.", "%(num)d mails are cancelled.", _n(changed))
    )


@blueprint.post("/holds")
@allows(Permission.CHANGE_QUEUE)
def holds() -> BaseResponse:
    """Keeps the selected mails until somebody sends or cancels them."""
    changed = _use(partial(queue.rule, choice=Choice.HOLD))
    return _done(changed, ngettext("%(num)d mail is held.", "%(num)d mails are held.", _n(changed)))


@blueprint.post("/decisions")
@allows(Permission.CHANGE_QUEUE)
def decisions() -> BaseResponse:
    """Decides alike about the selected mails that are unconfirmed: `choice` and `note`."""
    choice = known(Choice, request.form.get("choice"))
    if choice is None or choice not in DECISIONS:
        text = _("Nothing is chosen. Choose what shall happen, then repeat.")
        return _page(wanted_of(request.form), Cursor(), status=422, toast=("error", text))
    note = request.form.get("note", "")
    changed = _use(partial(queue.rule, choice=choice, note=note))
    return _done(changed, DECISIONS[choice](_n(changed)))


@blueprint.post("/deletions")
@allows(Permission.CHANGE_QUEUE)
def deletions() -> BaseResponse:
    """Removes the selected mails for good."""
    changed = _use(queue.delete)
    return _done(
        changed, ngettext("%(num)d mail is deleted.", "%(num)d mails are deleted.", _n(changed))
    )


def wanted_of(values: MultiDict[str, str]) -> QueueFilter:
    """The filter that an address or a form names; unknown words leave the list as it is."""
    state = known(DeliveryState, values.get("state"))
    return QueueFilter(
        state=state if state in WAITING_STATES else None,
        stream=known(Stream, values.get("stream")),
        recipient=values.get("recipient", "").strip()[:320],
    )


def selection_of(values: MultiDict[str, str]) -> Selection:
    """The ids of the form, or its filter when it says `all`."""
    if values.get("all") == "1":
        return Selection(wanted=wanted_of(values))
    ids = (number(text) for text in values.getlist("ids"))
    return Selection(ids=tuple(id_ for id_ in ids if id_ is not None))


def _use(use: Use) -> Changed | None:
    """Runs the use case on what was selected; None when nothing was."""
    selection = selection_of(request.form)
    if selection.wanted is None and not selection.ids:
        return None
    return use(current_session(), current_actor(), selection=selection, now=now())


def _n(changed: Changed | None) -> int:
    return changed.changed if changed else 0


def _done(changed: Changed | None, text: str) -> BaseResponse:
    wanted = wanted_of(request.form)
    if changed is None:
        text = _("No mail is selected. Tick the mails that you mean, then repeat.")
        return _page(wanted, Cursor(), status=422, toast=("error", text))
    tone = "success" if changed.changed else "error"
    if changed.left:
        text = f"{text} {_left(changed.left)}"
    if is_hx():
        return _page(wanted, Cursor(), toast=(tone, text))
    flash(text, tone)
    return redirect(address_of("queue.index", wanted), code=303)


def _left(left: int) -> str:
    return str(
        ngettext(
            "%(num)d was left as it is: it is being sent, waits for a decision, or is gone.",
            "%(num)d were left as they are: they are being sent, wait for a decision, or are gone.",
            left,
        )
    )


def _page(
    wanted: QueueFilter, cursor: Cursor, *, status: int = 200, toast: tuple[str, str] | None = None
) -> Response:
    actor, session = current_actor(), current_session()
    if toast and not is_hx():
        flash(toast[1], toast[0])
    page = render_template(
        "queue/_list.html" if is_hx() else "queue/index.html",
        page=queue.queue_page(session, actor, wanted=wanted, cursor=cursor),
        counts=queue.queue_counts(session, actor),
        wanted=wanted,
        is_live=cursor.is_newest,
        shows_partner=not actor.is_partner,
        states=[(state, DELIVERY_STATES[state]) for state in STATES],
        streams=STREAMS,
        reason=reason,
        address_of=address_of,
    )
    response = make_response(page, status)
    return with_toast(response, *toast) if toast and is_hx() else response
