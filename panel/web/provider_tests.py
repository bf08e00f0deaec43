"""Live connection tests: step by step for htmx, as JSON for programs, as a page without script."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from flask import Response, current_app, jsonify, make_response, request, stream_with_context
from flask import render_template as page_of
from werkzeug.wrappers import Response as BaseResponse

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import Permission
from panel.services import connection_tests, providers
from panel.services.connection_runs import Event, last
from panel.services.database import current_session
from panel.services.providers import Provider
from panel.services.refusals import Invalid, NotFound
from panel.web.access import allows, current_actor, wants_json
from panel.web.clock import now
from panel.web.connection_answers import as_json, explained
from panel.web.forms.provider import ProviderForm
from panel.web.hx import is_hx
from panel.web.installed import installation
from panel.web.provider_pages import form_page, posted_number

ShowPage = Callable[[ConnectionTest, int], Response]
"""Makes the whole page of a finished test; the number is the status."""


@allows(Permission.CHANGE_PROVIDERS)
def connection_test(id: int) -> BaseResponse:  # noqa: A002 - the name in the address
    """Tests a saved provider."""
    events = connection_tests.of_saved(
        current_session(),
        current_actor(),
        provider_id=id,
        installation=installation(),
        now=now(),
    )

    def show_page(test: ConnectionTest, status: int) -> Response:
        page = page_of("connection_tests/show.html", provider=_present(id), result=explained(test))
        return make_response(page, status)

    return answer(events, provider_id=id, scope=f"provider-{id}", show_page=show_page)


@allows(Permission.CHANGE_PROVIDERS)
def draft_connection_test() -> BaseResponse:
    """Tests the values of the form, saved or not."""
    form, provider_id = ProviderForm(request.form), posted_number("id")
    if not form.validate_connection():
        return _refused(form, provider_id)
    try:
        events = connection_tests.of_draft(
            current_session(),
            current_actor(),
            values=form.connection(),
            provider_id=provider_id,
            installation=installation(),
            now=now(),
        )
    except Invalid as refusal:
        form.mark(refusal.errors, refusal.values)
        return _refused(form, provider_id)

    def show_page(test: ConnectionTest, status: int) -> Response:
        provider = _present(provider_id)
        version = posted_number("version")
        return form_page(form, provider, status=status, version=version, test=test)

    return answer(events, provider_id=None, scope="draft", show_page=show_page)


def answer(
    events: Iterator[Event], *, provider_id: int | None, scope: str, show_page: ShowPage
) -> BaseResponse:
    """The events of a test in the form that the caller understands; `scope` names their place."""
    if is_hx() and not wants_json():
        return Response(
            stream_with_context(_stream(events, provider_id=provider_id, scope=scope)),
            mimetype="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )
    test = last(events)
    status = 200 if test.ok else 400
    if wants_json():
        return make_response(jsonify(as_json(test)), status)
    return show_page(test, status)


def _refused(form: ProviderForm, provider_id: int | None) -> BaseResponse:
    """Fields that a test cannot use: nothing was tried."""
    if wants_json():
        errors = [{"field": f.name, "message": f.errors[0]} for f in form if f.errors]
        return make_response(jsonify({"ok": False, "errors": errors}), 422)
    provider = _present(provider_id)
    return form_page(form, provider, status=422, version=posted_number("version"))


def _stream(events: Iterator[Event], *, provider_id: int | None, scope: str) -> Iterator[str]:
    """Server-sent events (WHATWG HTML, section 9.2): the fragments of `connection_tests/`."""
    yield _event("_started", scope=scope)
    for event in events:
        if not isinstance(event, ConnectionTest):
            yield _event("_step", scope=scope, step=event)
            continue
        result = explained(event)
    provider = _present(provider_id)
    yield _event("_finished", scope=scope, result=result, provider=provider)


def _event(fragment: str, **values: object) -> str:
    # Without the context of whole pages, which would ask the database for each step.
    template = current_app.jinja_env.get_template(f"connection_tests/{fragment}.html")
    lines = template.render(**values).splitlines()
    return "".join(f"data: {line}\n" for line in lines) + "\n"


def _present(provider_id: int | None) -> Provider | None:
    """The provider as it is now, None for a new one and for one that was just deleted."""
    if provider_id is None:
        return None
    try:
        return providers.show(current_session(), current_actor(), provider_id=provider_id)
    except NotFound:
        return None
