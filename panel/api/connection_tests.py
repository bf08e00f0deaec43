"""`/connection-tests`: whether a server is there, speaks as it should and takes a login."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, current_app

from panel.api.authentication import calling_application
from panel.api.connection_models import ConnectionFailed, ConnectionGiven, ConnectionTested
from panel.api.request_body import read_json
from panel.services import connection_tests
from panel.services.database import current_session
from panel.services.explanations import explain
from panel.services.installation import Installation
from panel.services.program_tests import try_connection
from panel.services.provider_values import ConnectionValues


def add_routes(blueprint: Blueprint) -> None:
    """Puts the view of this module into the API."""
    path = "/connection-tests"
    blueprint.add_url_rule(path, "create_connection_test", create, methods=["POST"])


def create() -> Response:
    """Tests a connection; 200 when every step passed, else 400, with the same JSON."""
    given, _body = read_json(ConnectionGiven)
    installation: Installation = current_app.extensions["postroom"]
    result = try_connection(
        current_session(),
        calling_application(),
        values=_values(given),
        installation=installation,
        now=datetime.now(UTC),
    )
    words = explain(result.error.rule) if result.error else None
    message, advice = (words.cause, words.advice) if words else ("", "")
    told = connection_tests.answer(result, message=message, advice=advice)
    model = ConnectionTested if result.ok else ConnectionFailed
    answer = model.model_validate(told)
    status = 200 if result.ok else 400
    return Response(answer.model_dump_json(), status, mimetype="application/json")


def _values(given: ConnectionGiven) -> ConnectionValues:
    return ConnectionValues(
        host=given.host,
        port=given.port,
        encryption=given.security,
        verify_certificate=given.verify_certificate,
        username=given.username,
        password=given.password,
    )
