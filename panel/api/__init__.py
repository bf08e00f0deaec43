"""The HTTP API for applications. It knows its callers by tokens, never by the panel's cookies."""

from __future__ import annotations

from flask import Blueprint

from panel.api import batches, cancellations, connection_tests, messages, openapi, providers
from panel.api.authentication import authenticate
from panel.api.problem import init_problems
from panel.api.request_body import limit_body

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
blueprint.before_request(limit_body)
blueprint.before_request(authenticate)
init_problems(blueprint)
for rooms in (messages, batches, cancellations, connection_tests, providers, openapi):
    rooms.add_routes(blueprint)
