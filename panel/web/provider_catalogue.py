"""The catalogue of "Add provider", and the form as it looks with another choice."""

from __future__ import annotations

from flask import render_template, request
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import provider_catalogue as known
from panel.services.database import current_session
from panel.services.provider_catalogue import PresetKind
from panel.services.providers import Provider, show
from panel.services.refusals import NotFound
from panel.web.access import allows, current_actor
from panel.web.forms.provider import ProviderForm
from panel.web.forms.provider_choice import fill
from panel.web.hx import is_hx
from panel.web.provider_cautions import cautions
from panel.web.provider_pages import form_page, posted_number

_LONGEST_QUERY = 320


@allows(Permission.CHANGE_PROVIDERS)
def catalogue() -> str:
    """What can be added; with `q`, what an address, a domain or a name stands for."""
    query = request.args.get("q", "").strip()[:_LONGEST_QUERY]
    return render_template(
        "provider_catalogue/_found.html" if is_hx() else "provider_catalogue/index.html",
        query=query,
        address=query if "@" in query else None,
        proposal=known.proposal(query),
        found=known.matching(query),
        mailboxes=known.known(PresetKind.MAILBOX),
        services=known.known(PresetKind.SERVICE),
        other_drivers=known.other_drivers(),
    )


@allows(Permission.CHANGE_PROVIDERS)
def proposal() -> str:
    """The known server for what is being typed into a field of the form."""
    typed = next(iter(request.args.values()), "")[:_LONGEST_QUERY]
    return render_template("providers/_proposal.html", proposal=known.proposal(typed))


@allows(Permission.CHANGE_PROVIDERS)
def draft() -> BaseResponse:
    """The form with what was typed, as another choice makes it look. Changes nothing."""
    form = ProviderForm(request.form)
    chosen = request.form.get("proposed") or (request.args.get("fill") and form.preset.data)
    preset = known.preset_of(chosen or None)
    if preset is not None:
        fill(form, preset)
    provider_id = posted_number("id")
    return form_page(
        form,
        _edited(provider_id),
        version=posted_number("version"),
        warnings=cautions(form, provider_id),
    )


def _edited(provider_id: int | None) -> Provider | None:
    if provider_id is None:
        return None
    try:
        return show(current_session(), current_actor(), provider_id=provider_id)
    except NotFound:
        return None
