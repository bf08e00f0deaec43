"""Duplicating providers, and carrying them from one Postroom to another."""

from __future__ import annotations

from flask import Blueprint, Response, flash, make_response, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.permission import Permission
from panel.services import provider_copies, provider_exports, provider_imports
from panel.services.database import current_session
from panel.services.driver_choices import needs_secret
from panel.services.provider_document_reader import LARGEST
from panel.services.provider_imports import Fate, Plan, StaleImport
from panel.web.access import allows, current_actor
from panel.web.clock import now
from panel.web.hx import is_hx
from panel.web.import_words import FATES, fault_words, note_words, repeatable
from panel.web.installed import installation
from panel.web.provider_pages import leave_for
from panel.web.setting_words import field_label, value_words


@allows(Permission.CHANGE_PROVIDERS)
def duplicate(id: int) -> BaseResponse:  # noqa: A002 - the name in the address
    """Makes a copy and opens its form."""
    copy = provider_copies.duplicate(current_session(), current_actor(), provider_id=id, now=now())
    text = _("%(name)s is made, inactive.", name=copy.name)
    if needs_secret(copy.driver, copy.username):
        text += " " + _(
            "Enter its password: a stored one belongs to one provider and is never copied."
        )
    flash(text, "info")
    return leave_for(url_for("providers.show", id=copy.id))


@allows(Permission.SEE_PROVIDERS)
def export() -> Response:
    """The document of the list, to be kept as a file."""
    at = now()
    text = provider_exports.export(current_session(), current_actor(), now=at)
    response = Response(text, mimetype="application/json")
    name = f"postroom-providers-{at:%Y-%m-%d}.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@allows(Permission.CHANGE_PROVIDERS)
def new_import() -> Response:
    """Asks for a document."""
    return _page()


@allows(Permission.CHANGE_PROVIDERS)
def import_preview() -> Response:
    """What the import of a document would do; nothing is changed."""
    raw, removes_missing = _posted_document(), _posted_removal()
    plan = provider_imports.preview(
        current_session(), current_actor(), raw=raw, removes_missing=removes_missing
    )
    return _page(plan, raw=raw, removes_missing=removes_missing, status=422 if plan.faults else 200)


@allows(Permission.CHANGE_PROVIDERS)
def import_providers() -> BaseResponse:
    """Does what a preview has shown."""
    raw, removes_missing = _posted_document(), _posted_removal()
    try:
        plan = provider_imports.apply(
            current_session(),
            current_actor(),
            raw=raw,
            removes_missing=removes_missing,
            fingerprint=request.form.get("fingerprint", ""),
            installation=installation(),
            now=now(),
        )
    except StaleImport as refusal:
        problem = _(refusal.message)
        return _page(
            refusal.plan, raw=raw, removes_missing=removes_missing, status=409, problem=problem
        )
    flash(_imported(plan), "success")
    return leave_for(url_for("providers.index"))


def add_routes(blueprint: Blueprint) -> None:
    """Puts these views beside the others of the providers."""
    for rule, name, view, method in (
        ("/<int:id>/duplicates", "duplicate", duplicate, "POST"),
        ("/export", "export", export, "GET"),
        ("/import", "new_import", new_import, "GET"),
        ("/import", "import_providers", import_providers, "POST"),
        ("/import/previews", "import_preview", import_preview, "POST"),
    ):
        blueprint.add_url_rule(rule, name, view, methods=[method])


def _page(
    plan: Plan | None = None,
    *,
    raw: bytes = b"",
    removes_missing: bool = False,
    status: int = 200,
    problem: str = "",
) -> Response:
    """The form, and the preview where there is one; for htmx only what changes."""
    page = render_template(
        "providers/_import.html" if is_hx() else "providers/import.html",
        plan=plan,
        pasted=repeatable(raw),
        removes_missing=removes_missing,
        problem=problem,
        fates=FATES,
        fault_words=fault_words,
        note_words=note_words,
        field_label=field_label,
        value_words=value_words,
    )
    return make_response(page, status)


def _posted_document() -> bytes:
    """The chosen file, else what was pasted; one byte more than is read, if there is more."""
    file = request.files.get("file")
    if file is not None and file.filename:
        return file.stream.read(LARGEST + 1)
    return request.form.get("document", "").encode("utf-8", errors="replace")


def _posted_removal() -> bool:
    return bool(request.form.get("removes_missing"))


def _imported(plan: Plan) -> str:
    counts = {fate.value: len(plan.of(fate)) for fate in Fate}
    return str(_("Imported: %(added)s added, %(changed)s changed, %(removed)s removed.", **counts))
