"""Errors of the API: RFC 9457 `application/problem+json`, whatever goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from itertools import islice

import structlog
from flask import Blueprint, Response, request
from pydantic import BaseModel
from werkzeug.exceptions import HTTPException

from panel.domain.submission import FieldError, InvalidSubmission
from panel.services import refusals
from panel.services.submissions import is_passing

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 5
_MOST_ERRORS = 100
_STATUSES: dict[type[refusals.Refusal], int] = {
    refusals.NotFound: 404,
    refusals.NotAllowed: 403,
    refusals.Conflict: 409,
    refusals.TooMany: 429,
}
_DETAILS = {
    404: "There is nothing here, or it is not yours.",
    405: "This address does not take that method.",
    413: "The request is too large.",
}


class ProblemField(BaseModel):
    """One fault of a request."""

    field: str
    """In dotted form, for example `to.0.email`; `body` for the request as a whole."""
    message: str


class Problem(BaseModel):
    """RFC 9457: what went wrong, and in which fields."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemField]


class BadBody(Exception):
    """A request that cannot be read at all; `status` is 400 or 415."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def problem(
    status: int,
    detail: str,
    *,
    errors: Iterable[FieldError] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer for an error; `detail` says what happened, `errors` names the fields."""
    body = _problem(status, detail, errors)
    return Response(body.model_dump_json(), status, headers, mimetype=MEDIA_TYPE)


def invalid(errors: Iterable[FieldError]) -> Response:
    """422; of very many errors the first hundred."""
    body = invalid_problem(errors, "Some fields cannot be accepted; nothing was sent.")
    return Response(body.model_dump_json(), 422, mimetype=MEDIA_TYPE)


def invalid_problem(errors: Iterable[FieldError], detail: str) -> Problem:
    """422 as a part of an answer; of very many errors the first hundred."""
    return _problem(422, detail, islice(errors, _MOST_ERRORS))


def _problem(status: int, detail: str, errors: Iterable[FieldError]) -> Problem:
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        errors=[ProblemField(field=error.field, message=error.message) for error in errors],
    )


def init_problems(blueprint: Blueprint) -> None:
    """Registers the answer to every kind of failure within the blueprint."""
    blueprint.register_error_handler(BadBody, _on_bad_body)
    blueprint.register_error_handler(InvalidSubmission, _on_invalid_submission)
    blueprint.register_error_handler(refusals.Refusal, _on_refusal)
    blueprint.register_error_handler(HTTPException, _on_http)
    blueprint.register_error_handler(Exception, _on_fault)
    blueprint.before_app_request(_refuse_unknown_address)


def _on_bad_body(error: BadBody) -> Response:
    return problem(error.status, error.detail)


def _on_invalid_submission(error: InvalidSubmission) -> Response:
    return invalid(error.errors)


def _on_refusal(refusal: refusals.Refusal) -> Response:
    if isinstance(refusal, refusals.Invalid):
        return invalid(FieldError(name, text) for name, text in refusal.errors.items())
    status = _STATUSES.get(type(refusal), 409)
    waits = {"Retry-After": str(refusal.wait_s)} if isinstance(refusal, refusals.TooMany) else {}
    detail = str(refusal) or _DETAILS.get(status, HTTPStatus(status).phrase)
    return problem(status, detail, headers=waits)


def _on_http(error: HTTPException) -> Response:
    status = error.code or 500
    kept = {
        name: value
        for name, value in error.get_headers()
        if name not in ("Content-Type", "Content-Length")
    }
    return problem(status, _DETAILS.get(status, error.description or ""), headers=kept)


def _refuse_unknown_address() -> Response | None:
    """Answers for addresses and methods that no view takes; no blueprint gets to see those."""
    error = request.routing_exception
    if error is None or error.code not in (404, 405) or not request.path.startswith("/api/"):
        return None
    return _on_http(error)


def _on_fault(error: Exception) -> Response:
    if is_passing(error):
        log.warning("api_unavailable", path=request.path, fault=type(error).__name__)
        detail = "Postroom cannot take or show mail at the moment. Try again later."
        return problem(503, detail, headers={"Retry-After": str(RETRY_AFTER_S)})
    log.error("api_request_failed", path=request.path, exc_info=error)
    return problem(500, "Postroom ran into a fault; its log has the details. Try again later.")
