"""The SMTP tab: set up by a partner admin or an operator, tested live, as JSON and as a page."""

import re
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from panel.domain.permission import Role
from panel.drivers.egress import EgressPolicy
from panel.services import partner_tests
from panel.storage.models import Partner, Provider
from panel.storage.secrets import read_secret
from tests.factories.people import a_partner
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider
from tests.kit.ports import free_port

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HX = {"HX-Request": "true"}
JSON = {"Accept": "application/json"}
TAB = "/partners/acme/smtp"
STEPS = ["resolve", "connect", "banner", "ehlo", "starttls", "ehlo_tls", "auth", "quit"]


@pytest.fixture
def config(config):
    """Partners may reach the servers of the tests."""
    return replace(config, partner_egress=EgressPolicy.parse("127.0.0.1/32:1-65535"))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    """Partner admins are told at once that a server was not reached."""
    monkeypatch.setattr(partner_tests, "TEST_S", 0.1)


@pytest.fixture
def acme(session):
    partner = a_partner(session, slug="acme")
    session.commit()
    return partner


@pytest.fixture
def admin(sign_in, acme):
    return sign_in(Role.PARTNER_ADMIN, partner_id=acme.id, email="kim@acme.test")


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET}, mechanisms=("PLAIN",))


def typed(server, **overrides):
    fields = {"host": "127.0.0.1", "port": str(server.port), "email": "post@acme.test"}
    fields |= {"username": "kim", "password": SECRET}
    fields |= {"security": "none", "verify_certificate": "y"}
    return fields | overrides


def saved(session, **criteria):
    session.expire_all()
    found = session.query(Provider).filter_by(deleted_at=None, **criteria).one()
    session.commit()
    return found


def test_the_fields_are_those_of_the_document(admin):
    page = admin.get(TAB, headers=HX).text

    names = set(re.findall(r'<input[^>]* name="([^"]+)"', page)) - {"csrf_token"}
    assert names == {
        "host", "port", "username", "password", "email", "security", "verify_certificate",
    }  # fmt: skip
    for label in ("SMTP Host", "SMTP Port", "SMTP Login", "SMTP Password", "SMTP Email",
                  "SMTP Security", "No encryption", "SSL", "TLS"):  # fmt: skip
        assert label in page


def test_a_partner_admin_saves_a_server_that_is_put_to_use(admin, server, session, vault):
    answer = admin.post(TAB, data=typed(server))

    assert (answer.status_code, answer.location) == (303, TAB)
    provider = saved(session)
    assert provider.is_active
    assert read_secret(provider, vault) == SECRET
    page = admin.get(TAB).text
    assert "The server is saved and in use." in page
    assert "Healthy" in page
    assert SECRET not in page


def test_a_server_that_fails_is_saved_and_not_in_use(admin, server, session):
    answer = admin.post(TAB, data=typed(server, password="wrong"), headers=HX)

    assert answer.status_code == 200
    assert "saved, but not in use" in answer.text
    assert not saved(session).is_active
    assert "This server is not in use." in answer.text


def test_an_empty_port_means_25(admin, session):
    admin.post(TAB, data={"host": "127.0.0.1", "email": "post@acme.test", "security": "tls"})

    assert saved(session).port == 25


def test_a_reason_counts_for_an_operator_only(admin, sign_in, server, session):
    wrong = typed(server, password="wrong", override_reason="They asked for it.")
    admin.post(TAB, data=wrong)
    assert not saved(session).is_active

    sign_in(Role.OPERATOR).post(TAB, data=wrong)
    assert saved(session).is_active


def test_wrong_fields_are_told_at_their_fields(admin):
    fields = {"host": "http://x", "port": "99999", "security": "none", "email": "kim"}
    answer = admin.post(TAB, data=fields)

    assert answer.status_code == 422
    for name in ("host", "port", "email"):
        assert f'id="{name}-error"' in answer.text


def test_a_fallback_is_a_second_server(admin, server, session):
    admin.post(TAB, data=typed(server))
    assert "Fallback server" in admin.get(TAB).text

    answer = admin.post(f"{TAB}?server=fallback", data=typed(server))

    assert answer.location == f"{TAB}?server=fallback"
    assert saved(session, name="Acme SMTP fallback").is_active
    assert admin.post(f"{TAB}/deletion?server=fallback").status_code == 303
    assert saved(session).name == "Acme SMTP"


def test_somebody_elses_change_is_not_overwritten(admin, server, session):
    admin.post(TAB, data=typed(server))
    admin.post(TAB, data=typed(server, email="new@acme.test", version="1"))

    answer = admin.post(TAB, data=typed(server, email="old@acme.test", version="1"))

    assert answer.status_code == 409
    assert saved(session).from_email == "new@acme.test"


def test_json_of_a_passed_test(admin, server):
    answer = admin.post(f"{TAB}/connection-tests", data=typed(server), headers=JSON)

    assert answer.status_code == 200
    told = answer.json
    assert told["ok"]
    assert [step["name"] for step in told["steps"]] == STEPS
    assert told["connection"] == {
        "host": "127.0.0.1", "port": server.port, "security": "none", "username": "kim",
        "timeout_s": 10.0,
    }  # fmt: skip
    assert told["auth"] == {"mechanism": "PLAIN", "ok": True}
    assert any(line.startswith("AUTH") for line in told["extensions"])
    assert server.commands[-2].line == "QUIT"


def test_json_of_a_failed_test_and_its_line_in_the_error_log(admin, server):
    wrong = typed(server, password="not-the-password")
    with capture_logs() as said:
        answer = admin.post(f"{TAB}/connection-tests", data=wrong, headers=JSON)

    assert answer.status_code == 400
    assert answer.json["error"]["step"] == "auth"
    assert answer.json["error"]["message"]
    (line,) = [item for item in said if item["event"] == "connection_test_failed"]
    assert (line["log_level"], line["host"], line["step"]) == ("error", "127.0.0.1", "auth")
    assert "not-the-password" not in str(said)
    assert server.commands[-2].line == "QUIT"


def test_json_of_a_test_without_an_address(admin):
    answer = admin.post(f"{TAB}/connection-tests", data={"security": "none"}, headers=JSON)

    assert answer.status_code == 400
    assert not answer.json["ok"]
    assert answer.json["error"]["message"] == "Enter the host name of the server."
    assert [item["field"] for item in answer.json["errors"]] == ["host"]


def test_a_test_is_streamed_to_htmx(admin, server):
    answer = admin.post(f"{TAB}/connection-tests", data=typed(server), headers=HX)

    assert answer.mimetype == "text/event-stream"
    text = answer.text
    assert text.count('hx-target="#test-smtp-steps"') == len(STEPS)
    assert "The connection works." in text


def test_without_script_the_test_is_a_page(admin, server):
    answer = admin.post(f"{TAB}/connection-tests", data=typed(server))

    assert answer.status_code == 200
    assert "<html" in answer.text
    assert "The connection works." in answer.text


def test_a_server_that_is_not_reached_is_told_alike(admin, server):
    hosts = ("nobody.invalid", "10.0.0.5", "127.0.0.1")
    answers = [
        admin.post(
            f"{TAB}/connection-tests",
            data=typed(server, host=host, port=str(free_port())),
            headers=JSON,
        )
        for host in hosts
    ]

    assert [answer.status_code for answer in answers] == [400] * 3
    told = [
        {key: value for key, value in answer.json.items() if key != "connection"}
        for answer in answers
    ]
    assert told == [told[0]] * 3
    assert told[0]["error"]["message"] == "The server could not be reached."


def test_too_many_tests_are_refused(admin, server):
    answers = [
        admin.post(f"{TAB}/connection-tests", data=typed(server), headers=JSON) for _ in range(6)
    ]

    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def code_in(mail) -> str:
    found = re.search(rb"\b([A-Z0-9]{4}-[A-Z0-9]{4})\b", mail.content)
    assert found is not None
    return found.group(1).decode()


def test_a_test_mail_leads_to_ready(admin, server, session):
    assert admin.get(f"{TAB}/test-emails").status_code == 404
    admin.post(TAB, data=typed(server))
    asked = admin.get(f"{TAB}/test-emails")
    assert 'value="kim@acme.test"' in asked.text

    sent = admin.post(f"{TAB}/test-emails", data={"to": "kim@acme.test"})
    assert f'action="{TAB}/confirmations"' in sent.text
    wrong = admin.post(f"{TAB}/confirmations", data={"code": "AAAA-AAAA"})
    assert wrong.status_code == 422
    ready = admin.post(f"{TAB}/confirmations", data={"code": code_in(server.mails[0])}, headers=HX)

    assert "Ready." in ready.text
    assert saved(session).is_confirmed


def test_the_take_over_is_switched_by_operators_and_shown_to_partners(
    admin, sign_in, acme, session
):
    assert "The house’s providers take over." in admin.get(TAB).text
    assert admin.post(f"{TAB}/take-over", data={"active": "0"}).status_code == 404
    assert sign_in(Role.OPERATOR).post(f"{TAB}/take-over", data={"active": "0"}).status_code == 303

    session.expire_all()
    assert not session.get_one(Partner, acme.id).may_use_house
    session.commit()
    page = admin.get(TAB).text
    assert "The house’s providers do not take over: mail waits." in page
    assert "Only an operator of the house can change that." in page


def test_names_of_the_houses_people_are_not_told(admin, acme, session, vault):
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    provider = a_provider(session, partner_id=acme.id, **login)
    session.commit()
    assert "factory@house.test" not in admin.get(TAB).text

    provider.verified_by = "kim@acme.test"
    session.commit()
    assert "connection tested" in admin.get(TAB).text


def test_a_certificate_with_a_fault_stops_the_test_unless_verification_is_off(
    admin, make_smtp_server
):
    server = make_smtp_server(users={"kim": SECRET}, mechanisms=("PLAIN",), starttls=True)
    fields = typed(server, security="tls")
    refused = admin.post(f"{TAB}/connection-tests", data=fields, headers=JSON)
    assert refused.status_code == 400
    assert refused.json["error"]["step"] == "starttls"
    assert refused.json["tls"]["trusted"] is False
    assert not any(command.line.startswith("AUTH") for command in server.commands)

    del fields["verify_certificate"]
    allowed = admin.post(f"{TAB}/connection-tests", data=fields, headers=JSON)
    assert allowed.status_code == 200
    assert {s["name"]: s["status"] for s in allowed.json["steps"]}["starttls"] == "warning"
