"""What was said during an attempt: a fold of the mail's page, or a page of its own."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, render_template
from flask_babel import gettext as _
from flask_babel import ngettext

from panel.domain.permission import Permission
from panel.domain.transcript import Event, Line
from panel.services.database import current_session
from panel.services.transcripts import read_talk
from panel.web.access import allows, current_actor
from panel.web.hx import is_hx
from panel.web.listing import number as whole_number


def add_routes(blueprint: Blueprint) -> None:
    """Puts the path under those of the mails."""
    blueprint.add_url_rule("/<id>/deliveries/<int:delivery_id>/talks/<int:number>", "talk", show)
    blueprint.add_app_template_filter(event_words)


@allows(Permission.SEE_MAILING_LOG)
def show(id: str, delivery_id: int, number: int) -> str:  # noqa: A002 - as the address names it
    """The lines of one attempt's transcript."""
    found = read_talk(
        current_session(),
        current_actor(),
        message_id=id,
        delivery_id=delivery_id,
        number=number,
    )
    template = "messages/_talk_lines.html" if is_hx() else "messages/talk.html"
    return render_template(template, talk=found, message_id=id, delivery_id=delivery_id)


def event_words(line: Line) -> str:
    """What a line tells that nobody said, in brackets."""
    return f"({_words(line)})"


def _words(line: Line) -> str:
    counted = _COUNTED.get(line.event) if line.event else None
    if counted is not None:
        return str(counted(whole_number(line.text) or 0))
    if line.event is Event.ENCRYPTED:
        return str(_("encrypted from here on"))
    return str(_("the end: %(words)s", words=line.text))


def _content(count: int) -> str:
    size = _("the mail itself, %(num)d octets", num=count)
    return str(size if count else _("a further part of the mail"))


_COUNTED: dict[Event, Callable[[int], object]] = {
    Event.EARLIER: lambda count: ngettext(
        "one mail had gone over this connection before",
        "%(num)d mails had gone over this connection before",
        count,
    ),
    Event.OTHERS: lambda count: ngettext("one other recipient", "%(num)d other recipients", count),
    Event.CUT: lambda count: ngettext("one line left out", "%(num)d lines left out", count),
    Event.CONTENT: _content,
}
