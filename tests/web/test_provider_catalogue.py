"""The catalogue of "Add provider", and the form that follows the choice."""

from datetime import UTC, datetime

import pytest

from panel.domain.permission import Role
from panel.domain.presets import PRESETS
from panel.domain.provider import ServiceType
from panel.storage.models import Provider
from tests.factories.mail import a_message
from tests.factories.provider_forms import SECRET, posted_provider
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


def value_of(page, name):
    """The value of an input of the form."""
    field = page.split(f'name="{name}"', 1)[1].split(">", 1)[0]
    return field.split('value="', 1)[1].split('"', 1)[0]


def chosen(page, name):
    """The option of a select that is chosen."""
    select = page.split(f'name="{name}"', 1)[1].split("</select>", 1)[0]
    return select.split("selected value=", 1)[1].split('"')[1]


def test_catalogue_offers_every_known_server_an_own_one_and_crm(operator):
    page = operator.get("/providers/catalogue").text

    assert 'href="/providers/new"' in page
    for preset in PRESETS:
        assert f'href="/providers/new?preset={preset.id}"' in page, preset.id
    assert "preset=zeptomail&amp;type=crm_api_smtp" in page


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_typed_address_proposes_its_server(headers, operator):
    answer = operator.get("/providers/catalogue?q=kim@gmail.com", headers=headers)

    assert "kim@gmail.com is at Gmail" in answer.text
    assert 'href="/providers/new?preset=gmail&amp;address=kim@gmail.com"' in answer.text
    assert answer.text.lstrip().startswith("<div id=") == bool(headers)


def test_unknown_domain_leads_to_an_own_server(operator):
    page = operator.get("/providers/catalogue?q=<i>house.test", headers=HX).text

    assert "No known server for &lt;i&gt;house.test." in page


def test_chosen_server_fills_the_form(operator):
    page = operator.get("/providers/new?preset=gmail&address=kim@gmail.com").text

    assert [value_of(page, name) for name in ("host", "port", "name")] == [
        "smtp.gmail.com",
        "587",
        "gmail",
    ]
    assert value_of(page, "from_email") == value_of(page, "username") == "kim@gmail.com"
    assert "Make an app password" in page
    assert 'href="https://support.google.com/accounts/answer/185833"' in page


@pytest.mark.parametrize(("wanted", "saved_as"), [("", "api_smtp"), ("crm_api_smtp",) * 2])
def test_service_is_saved_as_api_smtp_or_crm(wanted, saved_as, operator):
    page = operator.get(f"/providers/new?preset=zeptomail&type={wanted}").text

    assert chosen(page, "type") == saved_as
    assert value_of(page, "username") == "emailapikey"
    assert "API key or token" in page


@pytest.mark.parametrize("query", ["preset=pigeon", "type=pigeon", "driver=pigeon", "address=x"])
def test_unknown_words_in_the_address_of_the_form_are_passed_over(query, operator):
    page = operator.get(f"/providers/new?{query}").text

    assert chosen(page, "type") == "smtp"
    assert value_of(page, "host") == ""


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [((), "primary"), (("primary",), "fallback"), (("primary", "fallback"), "primary")],
)
def test_second_provider_is_meant_as_fallback(kinds, expected, operator, session):
    for kind in kinds:
        a_provider(session, service_type=ServiceType(kind))
    session.commit()

    page = operator.get("/providers/new").text

    assert f'name="service_type" value="{expected}" checked' in page


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_choosing_a_server_keeps_what_was_typed(headers, operator, session):
    typed = posted_provider(
        name="mine", from_name="Kim", from_email="kim@ymail.com", username="", password=SECRET,
        domains="shop.test", per_day="70", account_types=["crm"], preset="yahoo",
    )  # fmt: skip

    answer = operator.post("/providers/drafts?fill=1", data=typed, headers=headers)

    assert answer.status_code == 200
    page = answer.text
    filled = [value_of(page, name) for name in ("host", "port", "username")]
    assert filled == ["smtp.mail.yahoo.com", "465", "kim@ymail.com"]
    assert 'name="encryption" value="ssl" checked' in page
    kept = [value_of(page, name) for name in ("name", "from_name", "domains", "per_day")]
    assert kept == ["mine", "Kim", "shop.test", "70"]
    assert 'name="account_types" value="crm" checked' in page
    assert SECRET not in page
    assert session.query(Provider).all() == []


def test_another_choice_replaces_the_fixed_user_name_and_keeps_a_typed_one(operator):
    fixed = posted_provider(preset="mailgun", username="apikey", name="sendgrid")
    typed = posted_provider(preset="sendgrid", username="kim")

    pages = [operator.post("/providers/drafts?fill=1", data=each).text for each in (fixed, typed)]

    assert [value_of(page, "username") for page in pages] == ["", "kim"]
    assert value_of(pages[0], "name") == "mailgun"


def test_host_of_another_region_stays(operator):
    fields = posted_provider(preset="mailgun", host="smtp.eu.mailgun.org")

    page = operator.post("/providers/drafts?fill=1", data=fields).text

    assert value_of(page, "host") == "smtp.eu.mailgun.org"


def test_changing_the_type_fills_nothing(operator):
    fields = posted_provider(preset="mailgun", type="crm_api_smtp", host="relay.house.test")

    page = operator.post("/providers/drafts", data=fields).text

    assert value_of(page, "host") == "relay.house.test"
    assert "CRM mail only, by its type." in page


@pytest.mark.parametrize(
    ("typed", "words"), [("kim@gmail.com", "This looks like Gmail"), ("kim@house.test", "")]
)
def test_typing_an_address_into_the_form_proposes_a_server(typed, words, operator):
    page = operator.get(f"/providers/proposals?from_email={typed}", headers=HX).text

    assert words in page
    assert ('value="gmail"' in page) == bool(words)


def test_proposed_server_is_filled_in(operator):
    fields = posted_provider(preset="", host="", from_email="kim@gmail.com", proposed="gmail")

    page = operator.post("/providers/drafts", data=fields).text

    assert value_of(page, "host") == "smtp.gmail.com"
    assert chosen(page, "preset") == "gmail"


def test_draft_warns_before_saving(operator, session):
    provider = a_provider(session, service_type=ServiceType.FALLBACK)
    a_message(session, from_email="kim@shop.test", created_at=datetime.now(UTC))
    session.commit()
    fields = posted_provider(
        id=provider.id, port="2600", service_type="fallback", version="1", status="active"
    )

    page = operator.post("/providers/drafts", data=fields, headers=HX).text

    assert "This takes its “verified” away." in page
    assert "There is no primary provider yet." in page
    assert "Mail from shop.test would lose its From here." in page
    assert 'name="version" value="1"' in page


@pytest.mark.parametrize("field", ["type", "encryption", "account_types"])
def test_draft_with_a_choice_that_is_none_is_no_fault(field, operator):
    answer = operator.post("/providers/drafts", data=posted_provider(**{field: "pigeon"}))

    assert answer.status_code == 200


def test_draft_of_a_provider_that_is_gone_is_one_of_a_new_one(operator):
    answer = operator.post("/providers/drafts", data=posted_provider(id="4711"))

    assert (answer.status_code, 'name="version"' in answer.text) == (200, False)


def test_edit_form_knows_the_vendor_by_its_host_and_says_what_is_in_use(operator, session):
    provider = a_provider(session, host="smtp.sendgrid.net", port=587)
    session.commit()

    page = operator.get(f"/providers/{provider.id}").text

    assert "Before you start with SendGrid" in page
    assert "This provider is in use." in page


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_untested_provider_is_switched_on_with_a_reason_that_the_list_asks_for(
    headers, operator, session
):
    provider = a_provider(session, name="relay", is_active=False, verified=False)
    session.commit()

    answer = operator.post(
        f"/providers/{provider.id}/activation", data={"active": "1"}, headers=headers
    )

    assert answer.status_code == 409
    assert "relay is still off." in answer.text
    assert 'name="override_reason"' in answer.text


def test_saving_as_active_with_a_reason_says_that_the_test_failed(operator, session):
    fields = posted_provider(port="9", status="active", override_reason="Not reachable at night.")

    answer = operator.post("/providers", data=fields)

    assert answer.location == "/providers"
    assert session.query(Provider).one().is_active
    page = operator.get("/providers").text
    assert "relay is saved and active, although its connection test failed." in page
