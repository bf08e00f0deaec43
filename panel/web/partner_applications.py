"""The tab Applications of a partner's settings window."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import partner_applications
from panel.services.applications import NewApplication
from panel.services.database import current_session
from panel.services.refusals import Invalid
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.forms.errors import show_errors
from panel.web.forms.partner import ApplicationForm, new_application_form
from panel.web.hx import is_hx
from panel.web.labels import STREAMS
from panel.web.partner_window import Note, TabName, leave, window


def add_routes(blueprint: Blueprint) -> None:
    """Puts the paths under those of the partners."""
    path = "/<slug>/applications"
    blueprint.add_url_rule(path, "applications", show, methods=["GET"])
    blueprint.add_url_rule(path, "add_application", add, methods=["POST"])
    blueprint.add_url_rule(
        f"{path}/<int:id>/revocation", "revoke_application", revoke, methods=["POST"]
    )


@allows(Permission.CHANGE_APPLICATIONS)
def show(slug: str) -> Response:
    """The programs that submit mail for the partner."""
    return _tab(slug)


@allows(Permission.CHANGE_APPLICATIONS)
def add(slug: str) -> Response:
    """Creates an application; the answer shows its credentials, once."""
    form = ApplicationForm(request.form)
    try:
        new = partner_applications.add(
            current_session(), current_actor(), slug=slug, values=form.values(), now=now()
        )
    except Invalid as refusal:
        show_errors(form, refusal)
        return _tab(slug, form, status=422)
    return _tab(slug, new=new)


@allows(Permission.CHANGE_APPLICATIONS)
def revoke(slug: str, id: int) -> BaseResponse:  # noqa: A002 - the name in the address
    """Makes the credentials of an application worthless."""
    application = partner_applications.revoke(
        current_session(), current_actor(), slug=slug, application_id=id, now=now()
    )
    note = Note(_("The credentials of %(name)s are worthless now.", name=application.name))
    if is_hx():
        return _tab(slug, note=note)
    return leave(url_for("partners.applications", slug=slug), note)


def _tab(
    slug: str,
    form: ApplicationForm | None = None,
    *,
    status: int = 200,
    new: NewApplication | None = None,
    note: Note | None = None,
) -> Response:
    partner, applications = partner_applications.applications(
        current_session(), current_actor(), slug=slug
    )
    return window(
        TabName.APPLICATIONS,
        partner,
        status=status,
        note=note,
        form=form or new_application_form(),
        applications=applications,
        streams={kind.value: label for kind, label in STREAMS.items()},
        new=new,
    )
