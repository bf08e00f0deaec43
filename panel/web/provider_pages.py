"""What the views of providers answer with: the list and the form, whole or as fragments."""

from __future__ import annotations

import json
from collections.abc import Sequence

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import Permission
from panel.services.database import current_session
from panel.services.drills import drill_notes
from panel.services.house import standing_warnings
from panel.services.provider_health import observe
from panel.services.provider_warnings import Warned
from panel.services.providers import Provider, listing
from panel.web.access import current_actor
from panel.web.banners import banners
from panel.web.clock import now
from panel.web.connection_answers import explained
from panel.web.forms.provider import ProviderForm
from panel.web.forms.provider_filled import password_state
from panel.web.hx import hx_redirect, is_hx
from panel.web.installed import installation
from panel.web.labels import STREAMS
from panel.web.provider_filter import choices, wanted_stream
from panel.web.provider_form_view import form_view
from panel.web.provider_health import notices
from panel.web.provider_rows import rows

Toast = dict[str, object]


def list_page(
    status: int = 200, *, toast: Toast | None = None, untested: Provider | None = None
) -> Response:
    """The list as it is now, for the kind of mail that is looked at; a toast goes along.

    Above it is asked why the `untested` provider shall be switched on all the same.
    """
    actor, chosen = current_actor(), wanted_stream()
    shown = listing(current_session(), actor, vault=installation().vault, stream=chosen)
    conditions, worries = observe(current_session(), actor, now=now())
    can_manage = actor.may(Permission.CHANGE_PROVIDERS)
    page = render_template(
        "providers/_answer.html" if is_hx() else "providers/index.html",
        providers=rows(shown.providers, conditions, is_chain=chosen is not None),
        notices=notices(worries),
        banners=banners(standing_warnings(current_session(), actor, now=now()), actor),
        is_empty=shown.is_empty,
        choices=choices(chosen),
        chosen=STREAMS[chosen] if chosen else None,
        list_url=url_for("providers.index", account_type=chosen),
        version=shown.version,
        can_manage=can_manage,
        can_move=can_manage and chosen is None,
        last_move=shown.last_move,
        drills=drill_notes(current_session(), actor),
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
