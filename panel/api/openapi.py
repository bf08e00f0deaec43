"""The OpenAPI 3.1 document, made from the models that requests and answers are made of."""

from __future__ import annotations

import json
from functools import cache
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from panel.api.batch_models import MAIL_REFUSED, BatchAnswered, BatchGiven
from panel.api.connection_models import ConnectionFailed, ConnectionGiven, ConnectionTested
from panel.api.message_models import MessageAccepted, MessageGiven, MessageShown
from panel.api.problem import MEDIA_TYPE, Problem
from panel.api.provider_models import ProvidersShown

Json = dict[str, Any]
_EXAMPLE: Json = {
    "stream": "system",
    "from": {"email": "shop@example.com", "name": "Shop"},
    "to": ["lena@example.net"],
    "subject": "Your order",
    "text": "Good day.",
}
_ID = "01M7WXG2PQCMTCP63JJST02HZF"
_DELIVERIES = [{"id": 1, "to": "lena@example.net", "status": "queued"}]
_BATCH_EXAMPLE: Json = {"messages": [_EXAMPLE, _EXAMPLE | {"to": ["lena"]}]}
_BATCH_ANSWER: Json = {
    "messages": [
        {"id": _ID, "status": "queued", "deliveries": _DELIVERIES},
        {
            "error": {
                "type": "about:blank",
                "title": "Unprocessable Entity",
                "status": 422,
                "detail": MAIL_REFUSED,
                "errors": [
                    {"field": "to.0.email", "message": "An email address must have an @-sign."}
                ],
            }
        },
    ]
}
_MODELS: tuple[tuple[type[BaseModel], JsonSchemaMode], ...] = (
    (MessageGiven, "validation"),
    (MessageAccepted, "serialization"),
    (BatchGiven, "validation"),
    (BatchAnswered, "serialization"),
    (MessageShown, "serialization"),
    (ConnectionGiven, "validation"),
    (ConnectionTested, "serialization"),
    (ConnectionFailed, "serialization"),
    (ProvidersShown, "serialization"),
    (Problem, "serialization"),
)
_SUBMISSION_ERRORS = (400, 401, 403, 409, 413, 415, 422, 503)
_DESCRIPTION = """\
Hand mail to Postroom and read back what became of it. Each call carries the token of an
application, made by `postroom application add`."""
_BATCH_DESCRIPTION = """\
Each mail is accepted or refused as if it had come alone; all that are accepted are stored by one
commit. The answer has one entry for each mail, in the same order: what a single mail gets, or
`error`. Only a body that is no list of 1 to 1,000 mails, or has more than 100,000 recipients in
all of them together, is refused as a whole."""
_KEY_DESCRIPTION = """\
A name of your own for this submission. Repeated with the same body, it gets the first answer
again and nothing is sent twice; with another body it is refused with 409."""


def add_routes(blueprint: Blueprint) -> None:
    """Puts the document into the API; it is open to everybody."""
    blueprint.add_url_rule("/openapi.json", "openapi", show, methods=["GET"])


def show() -> Response:
    """The document."""
    return Response(_text(), mimetype="application/json")


def document() -> Json:
    """The document as a dict."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Postroom",
            "version": version("postroom"),
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            "/api/v1/messages": {"post": _create_message()},
            "/api/v1/messages/batch": {"post": _create_batch()},
            "/api/v1/messages/{message_id}": {"parameters": _message_id(), "get": _show_message()},
            "/api/v1/messages/{message_id}/cancellations": {
                "parameters": _message_id(),
                "post": _create_cancellation(),
            },
            "/api/v1/connection-tests": {"post": _create_connection_test()},
            "/api/v1/providers": {"get": _list_providers()},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
        },
    }


@cache
def _text() -> str:
    return json.dumps(document())


def _schemas() -> Json:
    _names, schema = models_json_schema(_MODELS, ref_template="#/components/schemas/{model}")
    schemas: Json = schema["$defs"]
    return schemas


def _create_message() -> Json:
    accepted = _json_answer("Stored; it will be sent", MessageAccepted)
    location = "Where the state of the message can be read."
    accepted["headers"] = {
        "Location": {"description": location, "schema": {"type": "string"}},
        **_replayed(),
    }
    return {
        "operationId": "createMessage",
        "summary": "Hand in a mail",
        "parameters": _idempotency_key(),
        "requestBody": {"required": True, "content": _content(MessageGiven, example=_EXAMPLE)},
        "responses": {"202": accepted, **_problems(*_SUBMISSION_ERRORS)},
    }


def _create_batch() -> Json:
    answer = _json_answer("What became of each mail", BatchAnswered, example=_BATCH_ANSWER)
    answer["headers"] = _replayed()
    return {
        "operationId": "createBatch",
        "summary": "Hand in many mails at once",
        "description": _BATCH_DESCRIPTION,
        "parameters": _idempotency_key(),
        "requestBody": {"required": True, "content": _content(BatchGiven, example=_BATCH_EXAMPLE)},
        "responses": {"202": answer, **_problems(*_SUBMISSION_ERRORS)},
    }


def _idempotency_key() -> list[Json]:
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]*$"}
    key = {"name": "Idempotency-Key", "in": "header", "description": _KEY_DESCRIPTION}
    return [key | {"schema": schema}]


def _replayed() -> Json:
    description = "`true` when this is the answer to an earlier submission."
    return {"Idempotency-Replayed": {"description": description, "schema": {"type": "string"}}}


def _show_message() -> Json:
    return {
        "operationId": "showMessage",
        "summary": "Read the state of a mail, its deliveries and attempts",
        "responses": {
            "200": _json_answer("As it is now", MessageShown),
            **_problems(401, 404, 503),
        },
    }


def _create_cancellation() -> Json:
    return {
        "operationId": "createCancellation",
        "summary": "Take back what still waits of a mail",
        "responses": {
            "200": _json_answer("Cancelled, as far as it was waiting", MessageShown),
            **_problems(401, 404, 409, 503),
        },
    }


def _create_connection_test() -> Json:
    problems = _problems(400, 401, 403, 413, 415, 422, 429, 503)
    problems["400"]["content"] |= _content(ConnectionFailed)
    problems["400"]["description"] = "The test failed, or the body is no JSON"
    return {
        "operationId": "createConnectionTest",
        "summary": "Test a connection; needs the right connection_tests",
        "requestBody": {"required": True, "content": _content(ConnectionGiven)},
        "responses": {"200": _json_answer("Every step passed", ConnectionTested), **problems},
    }


def _list_providers() -> Json:
    return {
        "operationId": "listProviders",
        "summary": "Read the list of providers; needs the right providers_read",
        "responses": {
            "200": _json_answer("Order, state and health", ProvidersShown),
            **_problems(401, 403, 503),
        },
    }


def _message_id() -> list[Json]:
    schema = {"type": "string", "minLength": 26, "maxLength": 26, "pattern": "^[0-9A-Z]{26}$"}
    return [{"name": "message_id", "in": "path", "required": True, "schema": schema}]


def _json_answer(description: str, model: type[BaseModel], *, example: Json | None = None) -> Json:
    return {"description": description, "content": _content(model, example=example)}


def _content(
    model: type[BaseModel],
    media_type: str = "application/json",
    *,
    example: Json | None = None,
) -> Json:
    content: Json = {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}
    return {media_type: content | ({"example": example} if example else {})}


def _problems(*statuses: int) -> Json:
    """The errors that a call may end with; all have the same form."""
    answers: Json = {}
    for status in statuses:
        phrase = HTTPStatus(status).phrase
        answers[str(status)] = {"description": phrase, "content": _content(Problem, MEDIA_TYPE)}
    headers = ((401, "WWW-Authenticate"), (429, "Retry-After"), (503, "Retry-After"))
    for status, header in headers:
        if status in statuses:
            answers[str(status)]["headers"] = {header: {"schema": {"type": "string"}}}
    return answers
