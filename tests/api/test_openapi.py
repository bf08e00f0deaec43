"""The OpenAPI document is right, complete, and the API behaves as it says."""

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from panel.api.openapi import document
from panel.domain.delivery import Stream
from tests.api.conftest import MAIL, MESSAGES

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
EXAMPLES = 30
"""Right calls, and wrong ones, of each operation with each kind of database."""
OPERATIONS = [
    (path, method)
    for path, item in document()["paths"].items()
    for method in item
    if method != "parameters"
]


def refusal_of_wrong_mails(_context, response, _case):
    """A batch with a wrong mail in it is taken, but that mail is not."""
    if response.status_code == 202:
        assert any("error" in outcome for outcome in response.json()["messages"])


@pytest.mark.parametrize(
    ("path", "method"),
    # A right connection test would look up whatever host comes about: see test_connection_tests.
    [operation for operation in OPERATIONS if not operation[0].endswith("/connection-tests")],
)
def test_api_behaves_as_its_document_says(app, make_api, path, method):
    api = make_api(streams=tuple(Stream), rights=("providers_read",))
    described = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    operation = described[path][method]
    is_batch = path.endswith("/batch")
    wrong_checks = [
        refusal_of_wrong_mails if is_batch and check is negative_data_rejection else check
        for check in CHECKS
    ]

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.generate])
    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def right_calls(case):
        case.call_and_validate(headers=api.headers, checks=CHECKS)

    @settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.generate])
    @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def wrong_calls(case):
        case.call_and_validate(headers=api.headers, checks=wrong_checks)

    right_calls()
    wrong_calls()
    message = {"path_parameters": {"message_id": api.post().json["id"]}}
    body = {"messages": [MAIL, MAIL | {"to": []}]} if is_batch else MAIL
    mail = {"body": body, "media_type": "application/json"}
    told = message if "{" in path else mail if method == "post" else {}
    real_call = operation.Case(**told)
    answer = real_call.call_and_validate(headers=api.headers, checks=CHECKS)
    assert answer.status_code in (200, 202)


def test_document_names_every_route(app):
    routes = {
        (rule.rule.replace("<", "{").replace(">", "}"), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "api.openapi"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert set(OPERATIONS) == routes


def test_schemas_are_right_and_take_a_mail():
    schemas = document()["components"]["schemas"]
    for schema in schemas.values():
        assert jsonschema_rs.meta.is_valid(schema)
    whole = {"$ref": "#/components/schemas/MessageGiven", "components": {"schemas": schemas}}
    validator = jsonschema_rs.validator_for(whole)

    assert validator.is_valid(MAIL | {"from": {"email": "a@b.test"}, "reply_to": "a@b.test"})
    assert not validator.is_valid(MAIL | {"priority": "high"})
    assert not validator.is_valid(MAIL | {"to": "a@b.test"})


def test_examples_are_what_the_document_says(make_api):
    paths, schemas = document()["paths"], document()["components"]["schemas"]
    api = make_api()
    for path in (MESSAGES, f"{MESSAGES}/batch"):
        content = paths[path]["post"]["requestBody"]["content"]["application/json"]
        whole = content["schema"] | {"components": {"schemas": schemas}}
        assert jsonschema_rs.validator_for(whole).is_valid(content["example"])
    answer = paths[f"{MESSAGES}/batch"]["post"]["responses"]["202"]["content"]["application/json"]
    real = api.post_batch(content["example"]).json

    assert real["messages"][1] == answer["example"]["messages"][1]
    assert real["messages"][0].keys() == answer["example"]["messages"][0].keys()


def test_document_is_openapi_3_1_and_free_of_secrets(client):
    answer = client.get("/api/v1/openapi.json")

    assert answer.mimetype == "application/json"
    assert answer.json["openapi"].startswith("3.1")
    assert answer.json["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert MESSAGES in answer.json["paths"]
