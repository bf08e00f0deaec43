"""What a driver declares is in the form, stored, tested, exported, imported and audited."""

import json
import re

import pytest
from sqlalchemy import select

from panel.domain.permission import Role
from panel.domain.provider import Encryption
from panel.storage.models import AuditEvent, Provider
from tests.factories.provider_forms import posted_provider
from tests.fakes.http_server import Given, HttpServer

JSON = {"Accept": "application/json"}
KEY = "key-1234-of-the-house"
MAILGUN = posted_provider(
    type="api_smtp",
    driver="mailgun",
    name="mailgun",
    host="",
    port="",
    encryption="tls",
    username="left over",
    password=KEY,
    region="eu",
    domain="mg.house.test",
    base_url="",
)


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


@pytest.fixture
def api():
    """Knows the domain `mg.house.test`."""
    with HttpServer() as server:
        missing = Given(400, b'{"message":"from parameter is missing"}')
        domain = Given(200, b'{"domain":{"state":"active","type":"custom"}}')
        server.answer = lambda asked: missing if asked.method == "POST" else domain
        yield server


def stored(session):
    session.expire_all()
    found = session.scalars(select(Provider)).one()
    session.commit()
    return found


def test_form_shows_the_settings_of_the_chosen_driver_and_no_others(operator):
    mailgun = operator.get("/providers/new?type=api_smtp&driver=mailgun").text
    postmark = operator.get("/providers/new?type=api_smtp&driver=postmark").text

    assert 'name="domain"' in mailgun
    assert 'name="region"' in mailgun
    assert 'name="message_stream"' not in mailgun
    assert 'name="message_stream"' in postmark
    assert 'name="region"' not in postmark
    assert "API key or token" in postmark


def test_another_driver_brings_its_own_settings(operator):
    page = operator.post("/providers/drafts", data=MAILGUN | {"driver": "postmark"}).text

    assert 'name="message_stream"' in page
    assert 'name="domain"' not in page


def test_type_that_a_driver_does_not_fit_goes_back_to_smtp(operator):
    page = operator.post("/providers/drafts", data=MAILGUN | {"type": "smtp"}).text

    assert 'name="domain"' not in page


def test_settings_are_stored_and_settle_where_the_api_is(operator, session):
    assert operator.post("/providers", data=MAILGUN).status_code == 303

    provider = stored(session)
    assert provider.settings == {"region": "eu", "domain": "mg.house.test"}
    assert provider.host_and_port == "api.eu.mailgun.net:443"
    assert (provider.encryption, provider.username) == (Encryption.SSL, "")
    assert provider.secret is not None
    (created,) = session.scalars(select(AuditEvent).filter_by(action="provider.created"))
    assert created.after["settings"] == provider.settings
    assert KEY not in json.dumps(created.after)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("domain", "", "This driver needs it."),
        ("domain", "two words", "This cannot be used here."),
        ("region", "moon", "Not a valid choice"),
        ("base_url", "http://elsewhere.example.net", "Write it like https://"),
        ("base_url", "https://user:pass@here.example.net", "Write it like https://"),
        ("base_url", "https://①②⑦.⓪.⓪.①", "Write it like https://"),
        ("base_url", "ftp://here.example.net", "Write it like https://"),
        ("password", "", "Enter the password."),
        ("password", "key-xxxx", "This is a placeholder"),
    ],
)
def test_wrong_setting_is_refused_at_its_field(operator, field, value, words):
    answer = operator.post("/providers", data=MAILGUN | {field: value})

    assert answer.status_code == 422
    assert words in answer.text


def test_key_is_asked_for_again_when_a_setting_changes(operator, session):
    operator.post("/providers", data=MAILGUN)
    url = f"/providers/{stored(session).id}"

    kept = operator.post(url, data=MAILGUN | {"password": "", "from_name": "Other"})
    moved = operator.post(url, data=MAILGUN | {"password": "", "region": "us"})

    assert (kept.status_code, moved.status_code) == (303, 422)
    assert stored(session).settings["region"] == "eu"


def test_saved_form_shows_what_is_stored_but_no_key(operator, session):
    operator.post("/providers", data=MAILGUN)

    page = operator.get(f"/providers/{stored(session).id}").text

    assert 'value="mg.house.test"' in page
    assert KEY not in page


def test_values_of_the_form_are_tested_step_by_step(operator, api):
    fields = MAILGUN | {"base_url": f"http://127.0.0.1:{api.port}/v9"}

    answer = operator.post("/providers/connection-tests", data=fields, headers=JSON)

    assert answer.status_code == 200
    assert [step["name"] for step in answer.json["steps"]] == [
        "resolve",
        "connect",
        "authenticate",
        "domain",
    ]
    assert answer.json["auth"] == {"mechanism": "API key", "ok": True}
    assert {asked.path for asked in api.asked} == {
        "/v9/v3/mg.house.test/messages",
        "/v9/v4/domains/mg.house.test",
    }


def test_refused_key_is_explained(operator, api):
    api.answer = lambda _: Given(401, b"Forbidden")
    fields = MAILGUN | {"base_url": f"http://127.0.0.1:{api.port}"}

    answer = operator.post("/providers/connection-tests", data=fields, headers=JSON)

    assert answer.status_code == 400
    assert answer.json["error"]["step"] == "authenticate"
    assert "does not accept the API key" in answer.json["error"]["message"]
    assert KEY not in answer.text


def test_export_and_import_carry_the_settings_over(operator, session):
    operator.post("/providers", data=MAILGUN)
    exported = operator.get("/providers/export").text

    (entry,) = json.loads(exported)["providers"]
    preview = operator.post("/providers/import/previews", data={"document": exported})

    assert entry["settings"] == {"domain": "mg.house.test", "region": "eu"}
    assert preview.status_code == 200
    assert stored(session).settings == entry["settings"]


def test_api_with_a_pair_of_keys_needs_both(operator):
    fields = MAILGUN | {"driver": "mailjet", "username": "", "region": "us"}

    form = operator.get("/providers/new?type=api_smtp&driver=mailjet").text
    page = operator.post("/providers", data=fields).text

    assert "The public one of the pair of keys" in form
    assert re.search(r'for="username">User name</label>', form)
    assert "This driver needs it." in page
    assert operator.post("/providers", data=fields | {"username": "public"}).status_code == 303


def a_gateway(**fields):
    texts = {
        "driver": "json_gateway",
        "type": "crm_api_smtp",
        "username": "house",
        "address": "https://crm.example.net",
        "path": "/api/messages",
        "method": "POST",
        "headers": '{"Authorization": "Basic {{basic}}"}',
        "body": '{"from": "{{from}}",\r\n "to": "{{to}}"}',
        "id_at": "",
        "success": "",
        "check_path": "",
    }
    return {**MAILGUN, **texts, **fields}


def test_templates_of_a_gateway_are_stored_and_the_key_in_none_of_them(operator, session):
    page = operator.get("/providers/new?type=crm_api_smtp&driver=json_gateway").text
    assert re.search(r'<textarea [^>]*name="body"', page)

    assert operator.post("/providers", data=a_gateway()).status_code == 303

    provider = stored(session)
    assert provider.settings["body"] == a_gateway()["body"]
    assert provider.host_and_port == "crm.example.net:443"
    assert KEY not in json.dumps(provider.settings)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("headers", '{"Authorization": "Bearer abc"}'),
        ("headers", '{"Authorization": "{{secret}}\\r\\nX: 1"}'),
        ("body", '{"to": "{{to}}", "from": "{{from}}", "a": "{{secret}}"}'),
        ("body", "not JSON"),
        ("path", "/api?key=abc"),
        ("address", "http://crm.example.net"),
    ],
)
def test_template_that_cannot_be_used_is_refused_at_its_field(operator, field, value):
    answer = operator.post("/providers", data=a_gateway(**{field: value}))

    assert answer.status_code == 422
    assert "This cannot be used here." in answer.text
