"""What the views of providers answer with: the list and the form, whole or as fragments."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.provider_warnings import Warned
from panel.services.providers import Provider, listing
from panel.web.access import current_actor
from panel.web.connection_answers import explained
from panel.web.forms.provider import ProviderForm
from panel.web.forms.provider_filled import password_state
from panel.web.hx import hx_redirect, is_hx
from panel.web.installed import installation
from panel.web.provider_form_view import form_view
from panel.web.provider_rows import row

Toast = dict[str, object]


def list_page(
    status: int = 200, *, toast: Toast | None = None, untested: Provider | None = None
) -> Response:
    """The list as it is now; a toast goes along with the fragment.

    Above it is asked why the `untested` provider shall be switched on all the same.
    """
    actor = current_actor()
    shown = listing(current_session(), actor, vault=installation().vault)
    page = render_template(
        "providers/_list.html" if is_hx() else "providers/index.html",
        providers=[row(state) for state in shown.providers],
        version=shown.version,
        can_manage=actor.may(Permission.CHANGE_PROVIDERS),
        order_changed_by=shown.changed_by,
        order_changed_at=shown.changed_at,
        untested=untested,
    )
    response = make_response(page, status)
    if toast:
        response.headers["HX-Trigger"] = json.dumps({"toast": toast})
    return response


def changed_list(text: str = "", *, undo: Toast | None = None) -> BaseResponse:
    """After a change: the fresh list for htmx, else the way back; `text` says what changed."""
    if is_hx():
        return list_page(toast=undo or ({"tone": "success", "text": text} if text else None))
    if undo:
        flash(undo, "undo")  # type: ignore[arg-type]  # the toasts of a page know this form
    elif text:
        flash(text, "success")
    return redirect(url_for("providers.index"), code=303)


def refused_list(text: str) -> Response:
    """A change that did not fit: 409 with the list as it is now."""
    if not is_hx():
        flash(text, "error")
    return list_page(409, toast={"tone": "error", "text": text})


def form_page(
    form: ProviderForm,
    provider: Provider | None,
    *,
    status: int = 200,
    problem: str = "",
    version: int | None = None,
    test: ConnectionTest | None = None,
    warnings: Sequence[Warned] = (),
) -> Response:
    """The form; for htmx only the form itself. `version` is the one that it was opened on."""
    known = provider.version if provider else None
    page = render_template(
        "providers/_form.html" if is_hx() else "providers/edit.html",
        form=form,
        provider=provider,
        version=known if version is None else version,
        problem=problem,
        password_state=password_state(provider),
        view=form_view(form, provider),
        warnings=warnings,
        test_result=explained(test) if test else None,
    )
    return make_response(page, status)


def leave_for(url: str) -> BaseResponse:
    """Leads the browser on after a change."""
    return hx_redirect(url) if is_hx() else redirect(url, code=303)


def posted_number(name: str) -> int | None:
    """A whole number of the posted form, None when it is missing or something else."""
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None
