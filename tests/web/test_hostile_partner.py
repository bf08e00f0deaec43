"""What a hostile partner admin may type into the SMTP tab, and what comes of it."""

import pytest
from sqlalchemy import delete

from panel.domain.permission import Role
from panel.domain.provider import ProviderType, ServiceType
from panel.services import partner_tests
from panel.storage.models import Provider, Throttle
from tests.factories.people import a_partner

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
JSON = {"Accept": "application/json"}
TAB = "/partners/acme/smtp"
GOOD = {"host": "mail.acme.test", "email": "post@acme.test", "security": "tls"}


@pytest.fixture
def acme(session, monkeypatch):
    monkeypatch.setattr(partner_tests, "TEST_S", 0.05)
    partner = a_partner(session, slug="acme")
    session.commit()
    return partner


@pytest.fixture
def admin(sign_in, acme):
    return sign_in(Role.PARTNER_ADMIN, partner_id=acme.id)


@pytest.fixture
def forgive(session):
    """Forgets how often something was tried."""

    def forgive() -> None:
        session.execute(delete(Throttle))
        session.commit()

    return forgive


def providers(session):
    session.expire_all()
    found = session.query(Provider).all()
    session.commit()
    return found


def test_fields_of_the_houses_form_are_not_taken(admin, session, acme):
    smuggled = {
        "partner_id": "", "partner": "", "id": "1", "name": "house", "type": "crm_api_smtp",
        "driver": "other", "service_type": "fallback", "status": "active", "is_active": "1",
        "from_name": "The House", "domains": "house.test", "account_types": "system",
        "per_second": "1", "override_reason": "because", "verified_at": "now",
    }  # fmt: skip
    admin.post(TAB, data=GOOD | smuggled)

    (made,) = providers(session)
    assert (made.partner_id, made.name, made.driver) == (acme.id, "Acme SMTP", "smtp")
    assert (made.type, made.service_type) == (ProviderType.SMTP, ServiceType.PRIMARY)
    assert (made.from_name, made.domains, made.account_types) == ("", [], [])
    assert (made.is_active, made.is_verified, made.per_second) == (False, False, None)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "2130706433"),
        ("host", "127.1"),
        ("host", "0x7f.0.0.1"),
        ("host", "①②⑦.⓪.⓪.①"),
        ("host", "ssl://mail.acme.test"),
        ("host", "mail.acme.test:25"),
        ("host", "[::1]"),
        ("host", "fe80::1%eth0"),
        ("host", "mail.acme.test\r\nQUIT"),
        ("host", "kim@mail.acme.test"),
        ("host", "a" * 300),
        ("port", "0"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "25.0"),
        ("port", "２５"),
        ("port", "9" * 400),
        ("username", "kim\r\nRCPT TO:<a@b.test>"),
        ("username", "k" * 400),
        ("password", "••••••••••"),
        ("password", "secret\x00"),
        ("email", "post@acme.test\r\nBcc: all@house.test"),
        ("email", "post@acme.test, boss@house.test"),
        ("security", "starttls"),
        ("security", ""),
    ],
)
def test_what_cannot_be_a_value_is_refused_at_its_field(admin, session, field, value):
    fields = GOOD | {"username": "kim", "password": "secret"} | {field: value}
    answer = admin.post(TAB, data=fields)

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert providers(session) == []


def test_nothing_inside_is_reached_and_nothing_is_told_of_it(admin, forgive):
    """With the settings as they are without configuration."""
    inside = (
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    )  # fmt: skip
    tried = [(host, "25") for host in inside] + [("8.8.8.8", port) for port in ("22", "80", "6379")]
    told = []
    for host, port in tried:
        fields = GOOD | {"host": host, "port": port}
        answer = admin.post(f"{TAB}/connection-tests", data=fields, headers=JSON)
        assert answer.status_code == 400
        told.append({name: part for name, part in answer.json.items() if name != "connection"})
        forgive()

    assert told == [told[0]] * len(tried)
    assert told[0]["error"]["reply"] == ""


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
@pytest.mark.parametrize("tail", ["", "/connection-tests", "/test-emails", "/confirmations"])
def test_other_verbs_are_refused(admin, session, method, tail):
    assert admin.open(TAB + tail, method=method, data=GOOD).status_code == 405
    assert providers(session) == []


def test_looking_changes_nothing(admin, session):
    for tail in (
        "?host=mail.acme.test&email=a@b.test&security=none",
        "/deletion",
        "/confirmations",
    ):
        assert admin.get(TAB + tail).status_code in {200, 404, 405}

    assert providers(session) == []


def test_a_form_without_its_token_is_refused(admin, app, session):
    app.config["WTF_CSRF_ENABLED"] = True

    assert admin.post(TAB, data=GOOD).status_code == 400
    assert admin.post(f"{TAB}/connection-tests", data=GOOD).status_code == 400
    assert providers(session) == []


@pytest.mark.parametrize("slug", ["ACME", "acme%00", "acme~1", "..", "acme%2F..", "%E2%80%8Bacme"])
def test_other_spellings_of_a_slug_lead_nowhere(admin, slug):
    assert admin.get(f"/partners/{slug}/smtp").status_code in {404, 308}
