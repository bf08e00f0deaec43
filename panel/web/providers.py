"""Mail Providers: the list with its order and its switches. Forms and tests are beside it."""

from __future__ import annotations

from flask import Blueprint, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.provider_activation import NotVerified, set_active
from panel.services.provider_deletion import delete, what_waits
from panel.services.provider_order import Order, reorder
from panel.services.providers import show
from panel.services.readable import readable_domain
from panel.services.refusals import Conflict
from panel.web import (
    provider_catalogue,
    provider_forms,
    provider_history,
    provider_tests,
    provider_transfer,
    test_mails,
)
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.hx import is_hx
from panel.web.provider_pages import Toast, changed_list, list_page, posted_number, refused_list

blueprint = Blueprint("providers", __name__, url_prefix="/providers")
blueprint.add_app_template_filter(readable_domain, "readable")
STEPS = {"up": -1, "down": 1}


@blueprint.get("")
@allows(Permission.SEE_PROVIDERS)
def index() -> BaseResponse:
    """The list."""
    return list_page()


@blueprint.post("/order")
@allows(Permission.CHANGE_PROVIDERS)
def order() -> BaseResponse:
    """Saves the whole order, or one move within it."""
    wanted, version = _posted_order(), posted_number("version")
    try:
        before = reorder(
            current_session(), current_actor(), order=wanted, version=version, now=now()
        )
    except Conflict as refusal:
        return refused_list(_(refusal.message))
    if before == wanted:
        return changed_list()
    is_undo = request.form.get("undo") == "1"
    text = _("The move is undone.") if is_undo else _("The order is saved.")
    return changed_list(text, undo=_undo(before, version, text=text))


@blueprint.post("/<int:id>/activation")
@allows(Permission.CHANGE_PROVIDERS)
def activation(id: int) -> BaseResponse:  # noqa: A002 - the name in the address
    """Switches a provider on or off."""
    try:
        provider = set_active(
            current_session(),
            current_actor(),
            provider_id=id,
            is_active=request.form.get("active") == "1",
            override_reason=request.form.get("override_reason", ""),
            now=now(),
        )
    except NotVerified:
        return list_page(409, untested=show(current_session(), current_actor(), provider_id=id))
    except Conflict as refusal:
        return refused_list(_(refusal.message))
    text = _("%(name)s is on.") if provider.is_active else _("%(name)s is off.")
    return changed_list(text % {"name": provider.name})


@blueprint.post("/<int:id>/deletion")
@allows(Permission.CHANGE_PROVIDERS)
def deletion(id: int) -> BaseResponse:  # noqa: A002
    """Deletes a provider."""
    try:
        provider = delete(current_session(), current_actor(), provider_id=id, now=now())
    except Conflict as refusal:
        return refused_list(_(refusal.message))
    return changed_list(_("%(name)s is deleted.", name=provider.name))


@blueprint.get("/<int:id>/deletion")
@allows(Permission.CHANGE_PROVIDERS)
def deletion_question(id: int) -> BaseResponse:  # noqa: A002
    """Asks before a provider is deleted, and says what becomes of its mail."""
    provider, mail = what_waits(current_session(), current_actor(), provider_id=id)
    template = "providers/_deletion.html" if is_hx() else "providers/deletion.html"
    return make_response(render_template(template, provider=provider, mail=mail))


def _posted_order() -> Order:
    """The order of the form; with a `move` of the plain form, after that move."""
    posted = Order(tuple(request.form.getlist("order")))
    direction, _colon, entry = request.form.get("move", "").partition(":")
    return posted.moved(entry, STEPS[direction]) if direction in STEPS else posted


def _undo(before: Order, version: int | None, *, text: str) -> Toast:
    """A toast that brings the order before back, unless somebody was quicker."""
    fields = [["order", entry] for entry in before.entries]
    return {
        "tone": "undo",
        "text": text,
        "label": _("Undo"),
        "url": url_for("providers.order"),
        "fields": [*fields, ["undo", "1"], ["version", str((version or 0) + 1)]],
        "into": "#providers-list",
    }


for rule, name, view in (
    ("/catalogue", "catalogue", provider_catalogue.catalogue),
    ("/proposals", "proposal", provider_catalogue.proposal),
    ("/new", "new", provider_forms.new),
    ("/<int:id>", "show", provider_forms.show),
):
    blueprint.add_url_rule(rule, name, view, methods=["GET"])
for rule, name, view in (
    ("", "create", provider_forms.create),
    ("/<int:id>", "save", provider_forms.save),
    ("/drafts", "draft", provider_catalogue.draft),
    ("/connection-tests", "draft_connection_test", provider_tests.draft_connection_test),
    ("/<int:id>/connection-tests", "connection_test", provider_tests.connection_test),
):
    blueprint.add_url_rule(rule, name, view, methods=["POST"])
provider_transfer.add_routes(blueprint)
provider_history.add_routes(blueprint)
test_mails.add_routes(blueprint)
