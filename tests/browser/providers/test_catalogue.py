"""Adding a provider from the catalogue: proposals, a form that follows the choice, warnings."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from panel.domain.delivery import DeliveryState
from panel.storage.models import Provider
from tests.browser.providers.pages import fill_connection
from tests.factories.mail import a_delivery, a_message
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider
from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_address_leads_to_a_form_that_asks_for_the_rest(operator, site):
    operator.goto(site + "/providers/catalogue")
    operator.get_by_label("E-mail address, domain or name").press_sequentially("kim@gmail.com")
    expect(operator.locator("#catalogue-found")).to_contain_text("kim@gmail.com is at Gmail")

    operator.locator("#catalogue-found").get_by_role("link", name="Gmail").click()

    expect(operator.get_by_label("Host", exact=True)).to_have_value("smtp.gmail.com")
    expect(operator.get_by_label("From e-mail")).to_have_value("kim@gmail.com")
    expect(operator.get_by_label("User name")).to_have_value("kim@gmail.com")
    expect(operator.locator("#preset-needs")).to_contain_text("Make an app password")


def test_service_shows_only_what_is_left_to_know(operator, site):
    operator.goto(site + "/providers/new?preset=sendgrid")
    operator.get_by_label("Driver", exact=True).select_option("smtp")

    expect(operator.get_by_text("smtp.sendgrid.net:587")).to_be_visible()
    expect(operator.get_by_label("API key or token")).to_be_visible()
    for label in ("Host", "User name"):
        expect(operator.get_by_label(label, exact=label == "Host")).to_be_hidden()
    operator.get_by_text("smtp.sendgrid.net:587").click()
    expect(operator.get_by_label("Host", exact=True)).to_be_visible()
    expect(operator.get_by_label("User name")).to_have_value("apikey")


def test_another_choice_keeps_what_was_typed(operator, site):
    operator.goto(site + "/providers/new")
    operator.get_by_label("Provider name").fill("mine")
    fill_connection(operator, 2525)
    operator.get_by_label("From name").fill("Kim")

    operator.get_by_label("Known server").select_option("gmail")

    expect(operator.get_by_label("Host", exact=True)).to_have_value("smtp.gmail.com")
    expect(operator.get_by_role("textbox", name="Port")).to_have_value("587")
    expect(operator.get_by_role("radio", name="STARTTLS")).to_be_checked()
    expect(operator.get_by_label("Provider name")).to_have_value("mine")
    expect(operator.get_by_label("From name")).to_have_value("Kim")
    expect(operator.get_by_label("User name")).to_have_value("kim")
    expect(operator.locator("[name=password]")).to_have_value(SECRET)


def test_address_typed_into_the_form_proposes_its_server(operator, site):
    operator.goto(site + "/providers/new")
    operator.get_by_label("From e-mail").press_sequentially("kim@yahoo.com")
    proposal = operator.locator("#preset-proposal")
    expect(proposal).to_contain_text("This looks like Yahoo Mail: smtp.mail.yahoo.com, port 465.")

    proposal.get_by_role("button").click()

    expect(operator.get_by_label("Host", exact=True)).to_have_value("smtp.mail.yahoo.com")
    expect(operator.get_by_role("radio", name="SSL/TLS")).to_be_checked()
    expect(operator.get_by_label("From e-mail")).to_have_value("kim@yahoo.com")


def test_fields_follow_type_and_encryption(operator, site):
    operator.goto(site + "/providers/new")
    kinds, certificate = (
        operator.locator("[data-field=account_types]"),
        operator.locator("[data-field=verify_certificate]"),
    )
    expect(kinds).to_be_visible()

    operator.get_by_label("Provider type").select_option("crm_api_smtp")
    operator.get_by_role("radio", name="None").check()

    expect(operator.get_by_text("CRM mail only, by its type.")).to_be_visible()
    expect(kinds).to_be_hidden()
    expect(certificate).to_be_hidden()


def test_warnings_come_before_saving(operator, site, session):
    a_provider(session)
    a_message(session, from_email="kim@shop.test", created_at=datetime.now(UTC))
    session.commit()
    operator.goto(site + "/providers/new")
    expect(operator.get_by_role("radio", name="Fallback")).to_be_checked()

    operator.get_by_label("From e-mail").fill("post@house.test")
    operator.get_by_label("From name").fill("The House")

    warnings = operator.locator("#provider-warnings")
    expect(warnings).to_contain_text("Mail from shop.test would lose its From here.")
    operator.get_by_label("Domains").fill("shop.test")
    operator.get_by_label("From name").click()
    expect(warnings).not_to_contain_text("shop.test")


def test_identity_of_a_provider_in_use_is_not_changed_unawares(operator, site, session):
    provider = a_provider(session)
    session.commit()
    operator.goto(site + f"/providers/{provider.id}")
    expect(operator.get_by_text("This provider is in use.")).to_be_visible()

    operator.get_by_role("textbox", name="Port").fill("2525")
    operator.get_by_label("Provider name").click()

    warnings = operator.locator("#provider-warnings")
    expect(warnings).to_contain_text("This takes its “verified” away.")


def test_untested_provider_is_activated_with_a_reason(operator, site, saved, session):
    operator.goto(site + "/providers")
    operator.locator(f"#provider-{saved.id}").get_by_role("switch").click()
    expect(operator.locator(".override")).to_contain_text("relay is still off.")

    operator.get_by_label("Reason").fill("Not reachable at night.")
    operator.get_by_role("button", name="Activate untested").click()

    expect(operator.locator(".override")).to_have_count(0)
    session.expire_all()
    assert session.get(Provider, saved.id).is_active


def test_form_takes_a_reason_where_the_test_fails(operator, site, session):
    operator.goto(site + "/providers/new")
    operator.get_by_label("Provider name").fill("relay")
    operator.get_by_label("From e-mail").fill("post@house.test")
    fill_connection(operator, 9)
    operator.get_by_text("Activate without a passed test").click()
    operator.get_by_label("Activate it even if the test fails").fill("Not reachable at night.")

    operator.get_by_role("button", name="Save").click()

    expect(operator.locator("#toasts")).to_contain_text("although its connection test failed")
    assert session.query(Provider).one().is_active


def test_choosing_and_warnings_work_without_script(plain, site, session):
    a_provider(session)
    a_message(session, from_email="kim@shop.test", created_at=datetime.now(UTC))
    session.commit()
    plain.goto(site + "/providers/catalogue")
    plain.get_by_label("E-mail address, domain or name").fill("kim@gmail.com")
    plain.get_by_role("button", name="Find").click()
    plain.locator("#catalogue-found").get_by_role("link", name="Gmail").click()
    plain.get_by_label("Known server").select_option("yahoo")
    plain.get_by_role("button", name="Fill in").click()
    expect(plain.get_by_label("Host", exact=True)).to_have_value("smtp.mail.yahoo.com")
    expect(plain.get_by_label("Driver")).to_be_visible()

    plain.get_by_role("button", name="Check for warnings").click()

    expect(plain.get_by_text("Mail from shop.test would lose its From here.")).to_be_visible()


def test_deletion_without_script_says_how_much_mail_waits(plain, site, session, three):
    a_delivery(session, state=DeliveryState.DEFERRED, provider_id=int(three[0]))
    session.commit()
    plain.goto(site + "/providers")
    plain.locator(f"#provider-{three[0]} summary").click()
    plain.get_by_role("link", name="Delete…").click()
    expect(plain.get_by_text("1 mail waits that it was tried for")).to_be_visible()

    plain.get_by_role("button", name="Delete").click()

    expect(plain.locator(".provider-row")).to_have_count(2)


@in_every_look
def test_catalogue_form_and_questions_are_accessible_and_fit(operator, site, session, saved):
    for path in (
        "/providers/catalogue?q=gmail",
        "/providers/catalogue?q=house.test",
        "/providers/new?preset=outlook",
        "/providers/new?preset=mailgun&type=crm_api_smtp",
        f"/providers/{saved.id}/deletion",
    ):
        operator.goto(site + path)
        assert_accessible(operator)
        assert_fits(operator)
    operator.goto(site + "/providers")
    operator.locator(f"#provider-{saved.id}").get_by_role("switch").click()
    expect(operator.locator(".override")).to_be_visible()
    assert_accessible(operator)
    assert_fits(operator)
