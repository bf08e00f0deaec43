"""Adding and editing a provider."""

from __future__ import annotations

from flask import flash, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import provider_changes, providers
from panel.services.database import current_session
from panel.services.provider_catalogue import preset_of
from panel.services.provider_changes import Saved, StaleEdit
from panel.services.provider_lists import LastActive
from panel.services.refusals import Invalid
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.connection_answers import explained
from panel.web.forms.provider import ProviderForm
from panel.web.forms.provider_choice import fill, fill_address, fill_choice
from panel.web.forms.provider_filled import empty_form, filled_form
from panel.web.installed import installation
from panel.web.provider_cautions import cautions
from panel.web.provider_pages import form_page, leave_for, posted_number


@allows(Permission.CHANGE_PROVIDERS)
def new() -> BaseResponse:
    """The form of a new provider, filled as far as the address of the page tells."""
    usual = providers.usual_service_type(current_session(), current_actor())
    form = empty_form(service_type=usual)
    fill_address(form, request.args.get("address", ""))
    fill_choice(form, request.args.get("type", ""), request.args.get("driver", ""))
    preset = preset_of(request.args.get("preset"))
    if preset is not None:
        fill(form, preset)
    return form_page(form, None)


@allows(Permission.CHANGE_PROVIDERS)
def create() -> BaseResponse:
    """Adds a provider."""
    form = ProviderForm(request.form)
    if not form.validate():
        return form_page(form, None, status=422)
    try:
        saved = provider_changes.create(
            current_session(),
            current_actor(),
            values=form.values(),
            installation=installation(),
            now=now(),
            override_reason=form.override_reason.data or "",
        )
    except Invalid as refusal:
        form.mark(refusal.errors, refusal.values)
        return form_page(form, None, status=422)
    return _saved(saved)


@allows(Permission.CHANGE_PROVIDERS)
def show(id: int) -> BaseResponse:  # noqa: A002 - the name in the address
    """The form of a provider."""
    provider = providers.show(current_session(), current_actor(), provider_id=id)
    form = filled_form(provider)
    return form_page(form, provider, warnings=cautions(form, id))


@allows(Permission.CHANGE_PROVIDERS)
def save(id: int) -> BaseResponse:  # noqa: A002
    """Saves the form of a provider."""
    form, version = ProviderForm(request.form), posted_number("version")
    provider = _present(id)
    if not form.validate():
        return form_page(form, provider, status=422, version=version)
    try:
        saved = provider_changes.change(
            current_session(),
            current_actor(),
            provider_id=id,
            values=form.values(),
            version=version,
            installation=installation(),
            now=now(),
            override_reason=form.override_reason.data or "",
        )
    except (Invalid, StaleEdit, LastActive) as refusal:
        return _refused(refusal, form, _present(id))
    return _saved(saved)


def _refused(
    refusal: Invalid | StaleEdit | LastActive, form: ProviderForm, provider: providers.Provider
) -> BaseResponse:
    version = posted_number("version")
    if isinstance(refusal, Invalid):
        form.mark(refusal.errors, refusal.values)
        return form_page(form, provider, status=422, version=version)
    if isinstance(refusal, StaleEdit):
        fresh = filled_form(provider)
        return form_page(fresh, provider, status=409, problem=_(refusal.message))
    problem, test = _why_not(refusal), refusal.test
    return form_page(form, provider, status=409, problem=problem, version=version, test=test)


def _why_not(refusal: LastActive) -> str:
    fault = explained(refusal.test).error if refusal.test else None
    if fault is None:
        return str(_(refusal.message))
    return str(
        _(
            "Nothing was saved, because the connection test failed and this is the last active "
            "provider. %(cause)s %(advice)s",
            cause=fault.message,
            advice=fault.advice,
        )
    )


def _present(provider_id: int) -> providers.Provider:
    return providers.show(current_session(), current_actor(), provider_id=provider_id)


def _saved(saved: Saved) -> BaseResponse:
    name = saved.provider.name
    if saved.lacks_primary:
        flash(_("There is no primary provider: mail goes to the fallbacks at once."), "info")
    if saved.is_put_aside and saved.test is not None:
        fault = explained(saved.test).error
        text = _(
            "%(name)s is saved, but inactive, because the connection test failed. "
            "%(cause)s %(advice)s",
            name=name,
            cause=fault.message if fault else "",
            advice=fault.advice if fault else "",
        )
        flash(text + " " + _("Then choose Active and save again."), "error")
        return leave_for(url_for("providers.show", id=saved.provider.id))
    if saved.is_overridden:
        text = _("%(name)s is saved and active, although its connection test failed.", name=name)
        flash(text, "info")
        return leave_for(url_for("providers.index"))
    text = (
        _("%(name)s is saved and active.") if saved.provider.is_active else _("%(name)s is saved.")
    )
    flash(text % {"name": name}, "success")
    return leave_for(url_for("providers.index"))
