"""Connection tests by the API: the JSON of the panel, values that are given, never stored ones."""

import jsonschema_rs
import pytest

from panel.api.openapi import document
from panel.services.program_tests import TESTS_OF_APPLICATION
from panel.storage.models import AuditEvent
from tests.api.conftest import fields_of, problem_of
from tests.factories.people import a_partner
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

PATH = "/api/v1/connection-tests"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET})


@pytest.fixture
def given(server):
    return {
        "host": "127.0.0.1",
        "port": server.port,
        "security": "none",
        "username": "kim",
        "password": SECRET,
    }


@pytest.fixture
def test_it(make_api):
    api = make_api(rights=("connection_tests",))
    return lambda body: api.client.post(PATH, headers=api.headers, json=body)


def is_described(answer, model):
    whole = {"$ref": f"#/components/schemas/{model}", "components": document()["components"]}
    return jsonschema_rs.validator_for(whole).is_valid(answer)


def test_passed_test_answers_with_every_step(test_it, given, session):
    answer = test_it(given)

    assert (answer.status_code, answer.json["ok"], answer.json["error"]) == (200, True, None)
    assert [step["name"] for step in answer.json["steps"]][-1] == "quit"
    assert answer.json["auth"] == {"mechanism": "CRAM-MD5", "ok": True}
    assert is_described(answer.json, "ConnectionTested")
    assert SECRET not in answer.text
    (event,) = session.query(AuditEvent).filter_by(action="provider.tested")
    assert event.actor == "application:shop"


def test_failed_test_is_400_with_cause_and_advice(test_it, given):
    answer = test_it(given | {"password": "another"})

    assert (answer.status_code, answer.json["ok"]) == (400, False)
    assert answer.json["error"]["step"] == "auth"
    assert answer.json["error"]["advice"]
    assert is_described(answer.json, "ConnectionFailed")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"host": "smtp.example.com"}, "host"),
        ({"host": "a\x00b"}, "host"),
        ({"port": 0}, "port"),
        ({"password": ""}, "password"),
        ({"security": "yes"}, "security"),
        ({"id": 1}, "id"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_tried(wrong, field, test_it, given, server):
    assert fields_of(test_it(given | wrong)) == [field]
    assert server.connections == 0


def test_stored_password_is_never_used(test_it, given, server, session, vault):
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    a_provider(session, port=server.port, **login)
    session.commit()

    assert fields_of(test_it(given | {"password": ""})) == ["password"]


def test_right_is_needed(make_api, given):
    api = make_api()

    answer = api.client.post(PATH, headers=api.headers, json=given)

    problem_of(answer, status=403)


def test_partners_programs_learn_nothing_of_the_network(make_api, session, given, server):
    a_partner(session, slug="acme")
    session.commit()
    api = make_api(partner_slug="acme", rights=("connection_tests",))

    problem_of(api.client.post(PATH, headers=api.headers, json=given), status=403)
    assert server.connections == 0


def test_too_many_tests_have_to_wait(test_it, given):
    for _ in range(TESTS_OF_APPLICATION.tries):
        assert test_it(given).status_code == 200

    answer = test_it(given)

    problem_of(answer, status=429)
    assert int(answer.headers["Retry-After"]) > 0
