"""What a refused or failed request looks like: a page, a toast for htmx, or problem+json."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from flask import Flask, Response, current_app, json, render_template, request
from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from panel.services import refusals
from panel.web.access import present_actor, wants_json
from panel.web.hx import is_hx, with_toast
from panel.web.request_log import shown_path

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Words:
    """What an error page says: what happened, then what to do."""

    title: str | LazyString
    text: str | LazyString


WORDS: dict[int, Words] = {
    400: Words(_l("This request is not complete"), _l("Load the page again and repeat the step.")),
    401: Words(_l("You are not signed in"), _l("Sign in, then repeat the step.")),
    403: Words(_l("You may not do that"), _l("Ask an operator, or sign in as somebody else.")),
    404: Words(
        _l("There is nothing here"),
        _l("It was removed, or the address is wrong. Go on from the start page."),
    ),
    405: Words(_l("This address does not take that"), _l("Go back and use the page's buttons.")),
    409: Words(_l("That does not fit any more"), _l("Load the page again and repeat the step.")),
    413: Words(_l("That is too large"), _l("Send less at once.")),
    422: Words(_l("Something is not right"), _l("Correct it and try again.")),
    429: Words(_l("That was too often"), _l("Wait a while and try again.")),
    500: Words(
        _l("The panel ran into a fault"),
        _l("Try again. If it stays, the log of Postroom has the details."),
    ),
    503: Words(_l("The panel is busy"), _l("Wait a moment and try again.")),
}
REFUSALS: dict[type[refusals.Refusal], int] = {
    refusals.NotFound: 404,
    refusals.Conflict: 409,
    refusals.Invalid: 422,
    refusals.TooMany: 429,
}


def init_errors(app: Flask) -> None:
    """Registers the answer to every kind of failure."""
    app.register_error_handler(CSRFError, _on_csrf)
    app.register_error_handler(refusals.Refusal, _on_refusal)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_bug)


def answer(status: int, text: str = "", *, errors: dict[str, str] | None = None) -> Response:
    """The answer for a status in the form that the caller understands; `text` says more."""
    words = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    title, said = str(words.title), text or str(words.text)
    if request.path.startswith("/api/") or wants_json():
        return _problem(status, title, said, errors or {})
    if is_hx():
        return with_toast(Response(status=status), "error", said)
    url = request.script_root + "/"
    page = render_template(
        "errors/error.html", status=status, title=title, text=said, url=url, action=_action()
    )
    return Response(page, status=status, mimetype="text/html")


def _action() -> str:
    return str(_l("Go to the start page") if present_actor() else _l("Sign in"))


def _problem(status: int, title: str, said: str, errors: dict[str, str]) -> Response:
    """RFC 9457; `errors` names the fields."""
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": said,
        "errors": [{"field": field, "message": text} for field, text in errors.items()],
    }
    return Response(json.dumps(body), status=status, mimetype="application/problem+json")


def _on_csrf(_error: CSRFError) -> Response:
    return answer(
        400,
        gettext(
            "This page was open for too long, or your browser keeps no cookies. "
            "Load it again and repeat the step."
        ),
    )


def _on_refusal(refusal: refusals.Refusal) -> Response:
    text = gettext(refusal.message, **refusal.values) if refusal.message else ""
    if isinstance(refusal, refusals.NotAllowed):
        actor = present_actor()
        return answer(404) if actor and actor.is_partner else answer(403, text)
    if isinstance(refusal, refusals.Invalid):
        errors = {field: gettext(message) for field, message in refusal.errors.items()}
        return answer(422, " ".join(errors.values()), errors=errors)
    response = answer(REFUSALS.get(type(refusal), 409), text)
    if isinstance(refusal, refusals.TooMany):
        response.headers["Retry-After"] = str(refusal.wait_s)
    return response


def _on_http(error: HTTPException) -> Response:
    if error.response is not None or error.code is None or error.code < 400:
        return current_app.make_response(error.get_response())
    is_ours = error.description != type(error).description
    response = answer(error.code, str(error.description) if is_ours else "")
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            response.headers[name] = value
    return response


def _on_bug(error: Exception) -> Response:
    log.error("request_failed", path=shown_path(), exc_info=error)
    return answer(500)
