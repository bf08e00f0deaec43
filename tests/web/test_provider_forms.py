"""Adding and editing a provider: fields, messages, stale edits; never a password in any answer."""

import json

import pytest
from sqlalchemy import select

from panel.domain.permission import Role
from panel.domain.provider import Encryption
from panel.storage.models import AuditEvent, Provider
from panel.storage.secrets import read_secret
from tests.factories.provider_forms import SECRET, posted_provider
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


def stored(session, **which):
    session.expire_all()
    found = session.scalars(select(Provider).filter_by(**which)).one()
    session.commit()
    return found


def test_form_of_a_new_provider_has_every_field(operator):
    page = operator.get("/providers/new").text

    for name in posted_provider():
        assert f'name="{name}"' in page, name


ZEPTOMAIL = posted_provider(
    type="api_smtp",
    name="zeptomail",
    host="smtp.zeptomail.test",
    port="465",
    username="emailapikey",
    password=SECRET,
    encryption="ssl",
    verify_certificate=None,
    domains="House.test, .shop.test",
    account_types=["system", "crm"],
    service_type="fallback",
    per_second="1",
    per_minute="20",
    per_hour="300",
    per_day="4000",
    elsewhere_per_day="1500",
)


def test_new_provider_is_saved_with_every_field(operator, session, vault):
    answer = operator.post("/providers", data=ZEPTOMAIL)

    assert (answer.status_code, answer.location) == (303, "/providers")
    provider = stored(session, name="zeptomail")
    assert (provider.host, provider.port) == ("smtp.zeptomail.test", 465)
    assert (provider.encryption, provider.verify_certificate) == (Encryption.SSL, False)
    assert provider.domains == ["house.test", ".shop.test"]
    assert provider.account_types == ["system", "crm"]
    assert (provider.type, provider.service_type) == ("api_smtp", "fallback")
    assert (provider.per_second, provider.per_day) == (1, 4000)
    assert (provider.elsewhere_per_hour, provider.elsewhere_per_day) == (0, 1500)
    assert read_secret(provider, vault) == SECRET
    assert "zeptomail is saved." in operator.get("/providers").text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("host", "smtp.example.com"),
        ("host", "127.1"),
        ("port", ""),
        ("port", "70000"),
        ("port", "5_87"),
        ("port", "smtp"),
        ("encryption", "rot13"),
        ("type", "pigeon"),
        ("driver", "pigeon"),
        ("password", "changeme"),
        ("from_email", "post"),
        ("domains", "not_a domain!"),
        ("account_types", ["gossip"]),
        ("service_type", "third"),
        ("status", "perhaps"),
        ("per_second", "0"),
        ("per_hour", "many"),
        ("per_day", "-1"),
        ("elsewhere_per_day", "5"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_saved(field, value, operator, session):
    login = {"username": "kim", "password": SECRET}

    answer = operator.post("/providers", data=posted_provider(**login | {field: value}))

    assert answer.status_code == 422
    assert answer.text.count('class="field-error"') == 1
    assert f'data-field="{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert SECRET not in answer.text
    assert session.scalars(select(Provider)).all() == []


def test_refused_form_keeps_what_was_typed(operator):
    answer = operator.post("/providers", data=posted_provider(name="", host="relay.house.test"))

    assert 'value="relay.house.test"' in answer.text


def test_htmx_gets_the_form_alone(operator):
    answer = operator.post("/providers", data=posted_provider(name=""), headers=HX)

    assert answer.status_code == 422
    assert answer.text.lstrip().startswith('<form id="provider-form"')


def test_htmx_is_led_to_the_list_after_saving(operator):
    answer = operator.post("/providers", data=posted_provider(), headers=HX)

    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/providers")


def test_name_that_another_provider_has_is_refused_at_its_field(operator, session):
    a_provider(session, name="relay")
    session.commit()

    answer = operator.post("/providers", data=posted_provider(name="RELAY"))

    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text


def test_active_provider_that_passes_is_active(operator, session, smtp_server):
    answer = operator.post(
        "/providers", data=posted_provider(port=smtp_server.port, status="active")
    )

    assert answer.status_code == 303
    assert stored(session, name="relay").is_active
    assert "relay is saved and active." in operator.get("/providers").text


def test_active_provider_that_fails_is_saved_inactive_and_the_page_says_so(
    operator, session, smtp_server
):
    smtp_server.refuse_login()
    smtp_server.answers("ehlo", "554 5.7.1 no thanks")

    answer = operator.post(
        "/providers", data=posted_provider(port=smtp_server.port, status="active")
    )

    provider = stored(session, name="relay")
    assert not provider.is_active
    assert answer.location == f"/providers/{provider.id}"
    page = operator.get(answer.location).text
    assert "relay is saved, but inactive, because the connection test failed." in page


def test_fallback_before_any_primary_works_but_warns(operator, session):
    operator.post("/providers", data=posted_provider(service_type="fallback"))

    assert "There is no primary provider" in operator.get("/providers").text
    operator.post("/providers", data=posted_provider(name="first"))
    assert "There is no primary provider" not in operator.get("/providers").text


def test_edit_form_shows_everything_but_the_password(operator, session, vault):
    provider = a_provider(
        session, vault=vault, password=SECRET, username="kim", domains=["house.test"], per_day=7
    )
    session.commit()

    page = operator.get(f"/providers/{provider.id}").text

    for value in ("provider-1", "127.0.0.1", "2599", "kim", "post@house.test", "house.test"):
        assert f'value="{value}"' in page
    assert "••••••••••" in page
    assert SECRET not in page


def test_change_is_saved(operator, session):
    provider = a_provider(session)
    session.commit()
    fields = posted_provider(name=provider.name, status="active", from_name="Post", version="1")

    answer = operator.post(f"/providers/{provider.id}", data=fields)

    assert answer.status_code == 303
    assert stored(session, id=provider.id).from_name == "Post"


def test_stale_edit_gets_the_fresh_form(operator, session):
    provider = a_provider(session, version=3, from_name="by somebody else")
    session.commit()
    fields = posted_provider(status="active", from_name="mine", version="2")

    answer = operator.post(f"/providers/{provider.id}", data=fields)

    assert answer.status_code == 409
    assert "Somebody else changed this provider" in answer.text
    assert 'value="by somebody else"' in answer.text
    assert 'name="version" value="3"' in answer.text
    assert stored(session, id=provider.id).from_name == "by somebody else"


def test_wrong_field_of_a_stale_form_stays_stale(operator, session):
    provider = a_provider(session, version=3)
    session.commit()

    answer = operator.post(f"/providers/{provider.id}", data=posted_provider(name="", version="2"))

    assert answer.status_code == 422
    assert 'name="version" value="2"' in answer.text


def test_stored_password_for_another_host_is_asked_for_at_its_field(operator, session, vault):
    provider = a_provider(session, vault=vault, password=SECRET, username="kim", is_active=False)
    session.commit()
    fields = posted_provider(host="evil.test", username="kim", version="1")

    answer = operator.post(f"/providers/{provider.id}", data=fields)

    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert "kim at 127.0.0.1:2599" in answer.text
    assert stored(session, id=provider.id).host == "127.0.0.1"


def test_mask_is_no_password(operator, session, vault):
    provider = a_provider(session, vault=vault, password=SECRET, username="kim", is_active=False)
    session.commit()
    fields = posted_provider(username="kim", password="••••••••••", version="1")

    answer = operator.post(f"/providers/{provider.id}", data=fields)

    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert read_secret(stored(session, id=provider.id), vault) == SECRET


def test_last_active_provider_cannot_be_saved_inactive(operator, session):
    provider = a_provider(session)
    session.commit()

    answer = operator.post(f"/providers/{provider.id}", data=posted_provider(from_name="typed"))

    assert answer.status_code == 409
    assert "This is the last active provider" in answer.text
    assert 'value="typed"' in answer.text


def test_last_active_provider_keeps_its_server_when_the_new_one_fails(operator, session):
    provider = a_provider(session)
    session.commit()
    fields = posted_provider(name=provider.name, port="9", status="active")

    answer = operator.post(f"/providers/{provider.id}", data=fields)

    assert answer.status_code == 409
    assert "Nothing was saved, because the connection test failed" in answer.text
    assert "The server could not be reached" in answer.text
    assert stored(session, id=provider.id).port == 2599


@pytest.mark.parametrize("method", ["get", "post"])
def test_provider_that_is_not_there_is_404(method, operator):
    answer = getattr(operator, method)("/providers/4711", data=posted_provider())

    assert answer.status_code == 404


def test_password_is_in_no_page_and_in_no_audit_row(operator, session, smtp_server):
    fields = posted_provider(
        port=smtp_server.port, username="kim", password=SECRET, status="active"
    )
    saved = operator.post("/providers", data=fields)
    refused = operator.post("/providers", data=fields | {"port": "x"})
    provider = stored(session, name="relay")
    test = operator.post(
        f"/providers/{provider.id}/connection-tests", headers={"Accept": "application/json"}
    )

    pages = [operator.get(path).text for path in ("/providers", f"/providers/{provider.id}")]
    events = session.scalars(select(AuditEvent)).all()
    audit = json.dumps([[event.before, event.after] for event in events])
    for text in (*pages, saved.text, refused.text, test.text, audit, repr(provider)):
        assert SECRET not in text
    assert len(events) >= 2
