"""The tab Users of a partner's settings window."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import partner_people
from panel.services.database import current_session
from panel.services.refusals import Conflict, Invalid
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.forms.errors import show_errors
from panel.web.forms.partner import InvitationForm
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.partner_window import Note, TabName, leave, window


def add_routes(blueprint: Blueprint) -> None:
    """Puts the paths under those of the partners."""
    blueprint.add_url_rule("/<slug>/users", "people", show, methods=["GET"])
    for path, name, view in (
        ("", "invite", invite),
        ("/<int:id>/links", "new_link", new_link),
        ("/<int:id>/activation", "person_activation", activation),
        ("/<int:id>/deletion", "person_deletion", deletion),
    ):
        blueprint.add_url_rule(f"/<slug>/users{path}", name, view, methods=["POST"])


@allows(Permission.CHANGE_USERS)
def show(slug: str) -> Response:
    """Who can sign in for the partner."""
    return _tab(slug)


@allows(Permission.CHANGE_USERS)
def invite(slug: str) -> Response:
    """Adds a person; the answer shows the link, once."""
    form = InvitationForm(request.form)
    try:
        link = partner_people.invite(
            current_session(),
            current_actor(),
            slug=slug,
            email=form.email.data or "",
            name=form.name.data or "",
            base_url=installation().config.base_url,
            now=now(),
        )
    except Invalid as refusal:
        show_errors(form, refusal)
        return _tab(slug, form, status=422)
    except Conflict as refusal:
        form.email.errors = [_(refusal.message, **refusal.values)]
        return _tab(slug, form, status=409)
    return _tab(slug, link=link)


@allows(Permission.CHANGE_USERS)
def new_link(slug: str, id: int) -> Response:  # noqa: A002 - the name in the address
    """Makes a new link; the answer shows it, once."""
    link = partner_people.new_link(
        current_session(),
        current_actor(),
        slug=slug,
        user_id=id,
        base_url=installation().config.base_url,
        now=now(),
    )
    return _tab(slug, link=link)


@allows(Permission.CHANGE_USERS)
def activation(slug: str, id: int) -> BaseResponse:  # noqa: A002
    """Shuts a person out, or lets it in again."""
    user = partner_people.set_enabled(
        current_session(),
        current_actor(),
        slug=slug,
        user_id=id,
        is_enabled=request.form.get("active") == "1",
        now=now(),
    )
    text = _("%(name)s is let in again.") if user.is_enabled else _("%(name)s is shut out.")
    return _changed(slug, text % {"name": user.email})


@allows(Permission.CHANGE_USERS)
def deletion(slug: str, id: int) -> BaseResponse:  # noqa: A002
    """Removes a person."""
    email = partner_people.remove(
        current_session(), current_actor(), slug=slug, user_id=id, now=now()
    )
    return _changed(slug, _("%(name)s is removed.", name=email))


def _changed(slug: str, text: str) -> BaseResponse:
    if is_hx():
        return _tab(slug, note=Note(text))
    return leave(url_for("partners.people", slug=slug), Note(text))


def _tab(
    slug: str,
    form: InvitationForm | None = None,
    *,
    status: int = 200,
    link: str = "",
    note: Note | None = None,
) -> Response:
    partner, people = partner_people.people(current_session(), current_actor(), slug=slug)
    return window(
        TabName.USERS,
        partner,
        status=status,
        note=note,
        form=form or InvitationForm(),
        people=people,
        link=link,
    )
