"""One mail: how it stands, what happened, which way it went, and its header section."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from panel.domain.delivery import POLICIES
from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.messages import show_mail
from panel.web.access import allows, current_actor
from panel.web.explanations import reason
from panel.web.hx import is_hx
from panel.web.labels import STREAMS
from panel.web.listing import number
from panel.web.mail_story import stops, tries
from panel.web.visible import header_lines, visible

blueprint = Blueprint("messages", __name__, url_prefix="/messages")
blueprint.add_app_template_filter(visible, "visible")


@blueprint.get("/<id>")
@allows(Permission.SEE_MAILING_LOG)
def show(id: str) -> str:  # noqa: A002 - the name that the address gives it
    """The mail; `delivery` in the address opens another of its recipients."""
    actor = current_actor()
    mail = show_mail(
        current_session(),
        actor,
        message_id=id,
        delivery_id=number(request.args.get("delivery")),
    )
    return render_template(
        "messages/_mail.html" if is_hx() else "messages/show.html",
        mail=mail,
        tries=tries(mail),
        stops=stops(mail),
        words=reason(mail.opened.rule),
        policy=POLICIES[mail.summary.stream],
        headers=header_lines(mail.summary.header),
        streams=STREAMS,
        shows_partner=not actor.is_partner,
    )
