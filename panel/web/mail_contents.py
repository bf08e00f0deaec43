"""What a mail says, on a page of its own; HTML stands in a frame that can do nothing."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template

from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.mail_contents import MailContent, read_content
from panel.services.refusals import NotFound
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.headers import CONTENT_SECURITY_POLICY

FRAME_POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
)
"""No script, no form, no link that leads away, no picture from elsewhere that would tell of us."""


def add_routes(blueprint: Blueprint) -> None:
    """Puts the paths under those of the mails."""
    blueprint.add_url_rule("/<id>/content", "content", show)
    blueprint.add_url_rule("/<id>/content/html", "content_html", show_html)


@allows(Permission.SEE_MAILING_LOG)
def show(id: str) -> Response:  # noqa: A002 - the name that the address gives it
    """Text and attachments; the HTML part is asked for by its frame."""
    page = make_response(render_template("messages/content.html", content=_read(id, "text")))
    page.headers["Content-Security-Policy"] = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"
    return page


@allows(Permission.SEE_MAILING_LOG)
def show_html(id: str) -> Response:  # noqa: A002
    """The HTML part alone, as the answer to the frame."""
    content = _read(id, "html")
    if content.html is None:
        raise NotFound
    answer = Response(content.html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = FRAME_POLICY
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _read(message_id: str, part: str) -> MailContent:
    return read_content(
        current_session(), current_actor(), message_id=message_id, part=part, now=now()
    )
