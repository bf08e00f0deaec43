"""Reading a request: its size, its type, its JSON, each fault named by its field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from flask import request
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from panel.api.problem import BadBody
from panel.domain.submission import FieldError, InvalidSubmission

MAX_BODY = 35 * 1024 * 1024
"""Octets of a request: the largest mail, its files in base64."""
Model = TypeVar("Model", bound=BaseModel)

_MESSAGES = {
    "missing": "This field is missing.",
    "extra_forbidden": "There is no field of this name.",
    "string_type": "It must be a string.",
    "int_type": "It must be a whole number.",
    "list_type": "It must be a list.",
    "dict_type": "It must be an object.",
    "model_type": "It must be an object.",
    "string_unicode": "It holds half a surrogate pair, which is no character.",
    "timezone_aware": "The time has no zone, such as +03:00 or Z.",
    "datetime_type": "It must be a time in ISO 8601, for example 2026-03-02T12:00:00Z.",
    "datetime_parsing": "It must be a time in ISO 8601, for example 2026-03-02T12:00:00Z.",
    "datetime_from_date_parsing": "It must be a time in ISO 8601, such as 2026-03-02T12:00:00Z.",
}


def limit_body() -> None:
    """Makes reading more than `MAX_BODY` octets end in 413; runs before every view."""
    request.max_content_length = MAX_BODY


def read_json(model: type[Model]) -> tuple[Model, bytes]:
    """The request's JSON as a model, and its very bytes.

    Raises BadBody when it is no JSON, InvalidSubmission naming every field that is wrong.
    """
    body = read_body()
    return parse_json(model, body), body


def read_body() -> bytes:
    """The bytes of a request that says it is JSON; raises BadBody when it is something else."""
    if request.mimetype != "application/json":
        raise BadBody(415, "The body must be JSON. Send it as Content-Type: application/json")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadBody(415, "The body must not be compressed.")
    return request.get_data(cache=False)


def parse_json(model: type[Model], body: bytes) -> Model:
    """The JSON as a model.

    Raises BadBody when it is no JSON, InvalidSubmission naming every field that is wrong.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        wrong = error
    first = wrong.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        raise BadBody(400, f"{first['msg']}.")
    raise InvalidSubmission(field_errors(wrong))


def field_errors(error: ValidationError) -> tuple[FieldError, ...]:
    """Every fault that was found, by its field."""
    return tuple(map(_field_error, error.errors(include_url=False, include_input=False)))


def _field_error(fault: ErrorDetails) -> FieldError:
    if fault["type"] == "value_error":
        message = str(fault["ctx"]["error"])
    else:
        message = _MESSAGES.get(fault["type"], f"{fault['msg']}.")
    return FieldError(_dotted(fault["loc"]), message)


def _dotted(path: Iterable[int | str]) -> str:
    """`to.0.email`; the word `body` for the request as a whole."""
    return ".".join(map(str, path)) or "body"
