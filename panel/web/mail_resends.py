"""Sending a mail once more from its page, and what the page says of such mails."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request
from flask import url_for as address
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.refusals import NotFound
from panel.services.resends import NotToBeRepeated, ResendObstacle, resend
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.hx import is_hx
from panel.web.listing import number

OBSTACLES: dict[ResendObstacle, LazyString] = {
    ResendObstacle.NOT_OVER: _l("It is still on its way; wait for its end, or decide about it."),
    ResendObstacle.OWN_MAIL: _l(
        "It was a test mail or a failover drill. Make a new one at the provider or under Routes."
    ),
    ResendObstacle.NO_CONTENT: _l(
        "It cannot be sent once more: its content has been removed. The application can hand it "
        "in anew."
    ),
    ResendObstacle.TOO_LATE: _l(
        "It cannot be sent once more: it was made to be worthless by now, like a code that has "
        "run out."
    ),
    ResendObstacle.PARTNER: _l(
        "It cannot be sent once more: the partner that it belongs to is switched off."
    ),
    ResendObstacle.APPLICATION: _l(
        "It cannot be sent once more: the application that handed it in was revoked."
    ),
    ResendObstacle.STREAM: _l(
        "It cannot be sent once more: its application may not send this kind of mail any more."
    ),
    ResendObstacle.SENDER: _l(
        "It cannot be sent once more: its application may not send from this From address any more."
    ),
}


def add_routes(blueprint: Blueprint) -> None:
    """Puts the path under those of the mails."""
    blueprint.add_url_rule("/<id>/resends", "resends", create, methods=["POST"])


@allows(Permission.CHANGE_QUEUE)
def create(id: str) -> BaseResponse:  # noqa: A002 - the name that the address gives it
    """Sends it once more: `delivery` to whom, `number` which time, as the page had it."""
    delivery_id, wanted = (number(request.form.get(name)) for name in ("delivery", "number"))
    if delivery_id is None or wanted is None:
        raise NotFound
    try:
        made = resend(
            current_session(),
            current_actor(),
            message_id=id,
            delivery_id=delivery_id,
            number=wanted,
            now=now(),
        )
    except NotToBeRepeated as refusal:
        flash(str(OBSTACLES[refusal.obstacle]), "error")
        return _to(address("messages.show", id=id, delivery=delivery_id))
    flash(str(_("Sent once more. This is the new mail.")), "success")
    return _to(address("messages.show", id=made))


def _to(target: str) -> BaseResponse:
    if not is_hx():
        return redirect(target, code=303)
    answer = BaseResponse(status=204)
    answer.headers["HX-Redirect"] = target
    return answer
