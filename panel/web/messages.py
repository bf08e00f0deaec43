"""One mail: how it stands, what happened, which way it went, and what can be decided about it."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.mail_contents import may_read
from panel.services.messages import Mail, show_mail
from panel.services.refusals import NotFound
from panel.services.resends import resends_of
from panel.services.route_ahead import look_ahead
from panel.services.rulings import Choice, MovedOn, NotPossible, Seen, decide, options
from panel.services.transcripts import talks_of
from panel.web import mail_contents, mail_resends, mail_talk
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.decisions import (
    DONE,
    as_text,
    from_text,
    obstacle_words,
    offers,
    refusal_words,
)
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.labels import STREAMS
from panel.web.listing import known, number
from panel.web.mail_route import stops, stops_ahead
from panel.web.mail_story import standing, story
from panel.web.mail_ticket import ticket
from panel.web.visible import header_lines, visible

blueprint = Blueprint("messages", __name__, url_prefix="/messages")
blueprint.add_app_template_filter(visible, "visible")
mail_contents.add_routes(blueprint)
mail_talk.add_routes(blueprint)
mail_resends.add_routes(blueprint)


@blueprint.get("/<id>")
@allows(Permission.SEE_MAILING_LOG)
def show(id: str) -> Response:  # noqa: A002 - the name that the address gives it
    """The mail; `delivery` in the address opens another of its recipients."""
    return _page(id, number(request.args.get("delivery")))


@blueprint.post("/<id>/decisions")
@allows(Permission.CHANGE_QUEUE)
def decisions(id: str) -> BaseResponse:  # noqa: A002
    """Decides about one recipient: `delivery`, `choice`, `note`, and `seen` as the page had it."""
    delivery_id = number(request.form.get("delivery"))
    seen = from_text(request.form.get("seen", ""))
    if delivery_id is None or seen is None:
        raise NotFound
    choice = known(Choice, request.form.get("choice"))
    if choice is None:
        text = _("Nothing is chosen. Choose what shall happen, then repeat.")
        return _page(id, delivery_id, status=422, toast=("error", text))
    try:
        _decide(id, delivery_id, choice, seen=seen)
    except (MovedOn, NotPossible) as refusal:
        return _page(id, delivery_id, status=409, toast=("error", refusal_words(refusal)))
    return _decided(id, delivery_id, _("%(decision)s.", decision=DONE[choice]))


def _decide(message_id: str, delivery_id: int, choice: Choice, *, seen: Seen) -> None:
    decide(
        current_session(),
        current_actor(),
        message_id=message_id,
        delivery_id=delivery_id,
        choice=choice,
        seen=seen,
        note=request.form.get("note", ""),
        now=now(),
    )


def _decided(message_id: str, delivery_id: int, text: str) -> BaseResponse:
    if is_hx():
        return _page(message_id, delivery_id, toast=("success", text))
    flash(text, "success")
    return redirect(address("messages.show", id=message_id, delivery=delivery_id), code=303)


def _page(
    message_id: str,
    delivery_id: int | None,
    *,
    status: int = 200,
    toast: tuple[str, str] | None = None,
) -> Response:
    shown = known(DeliveryState, request.args.get("state"))
    mail = show_mail(
        current_session(),
        current_actor(),
        message_id=message_id,
        delivery_id=delivery_id,
        state=shown,
    )
    if toast and not is_hx():
        flash(toast[1], toast[0])
    template = "messages/_mail.html" if is_hx() else "messages/show.html"
    page = render_template(template, mail=mail, shown_state=shown, **_told(mail), **_possible(mail))
    response = make_response(page, status)
    if toast and is_hx():
        tone, text = toast
        response.headers["HX-Trigger"] = json.dumps({"toast": {"tone": tone, "text": text}})
    return response


def _told(mail: Mail) -> dict[str, object]:
    """What the page tells."""
    actor, session = current_actor(), current_session()
    ahead = look_ahead(session, actor, mail=mail, vault=installation().vault, now=now())
    lines, words = story(mail), standing(mail)
    with_talks = "said" in request.args
    talks = talks_of(session, actor, mail=mail) if with_talks else {}
    return {
        "story": lines,
        "words": words,
        "is_due": mail.opened.next_attempt_at is not None and mail.opened.next_attempt_at <= now(),
        "ticket": ticket(mail, lines, words, talks=talks),
        "with_talks": with_talks,
        "stops": stops(mail),
        "ahead": ahead,
        "stops_ahead": stops_ahead(ahead.links) if ahead else [],
        "headers": header_lines(mail.summary.header),
        "streams": STREAMS,
        "shows_partner": not actor.is_partner,
    }


def _possible(mail: Mail) -> dict[str, object]:
    """What can be done, and why something cannot."""
    actor, session = current_actor(), current_session()
    id_, opened = mail.summary.id, mail.opened.id
    found = options(session, actor, message_id=id_, delivery_id=opened, now=now())
    resends = resends_of(session, actor, message_id=id_, delivery_id=opened, now=now())
    return {
        "may_read": may_read(actor),
        "offers": offers(found),
        "obstacle": obstacle_words(mail, found),
        "seen": as_text(mail.seen),
        "resends": resends,
        "resend_obstacle": mail_resends.OBSTACLES[resends.obstacle] if resends.obstacle else None,
    }
