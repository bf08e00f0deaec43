"""Adding and editing: live test, messages, stale edits."""

import pytest
from playwright.sync_api import expect

from panel.storage.models import Provider
from tests.browser.providers.pages import fill_connection
from tests.factories.provider_forms import SECRET

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_provider_is_added_after_a_live_test(operator, site, server, session):
    operator.goto(site + "/providers")
    operator.get_by_role("link", name="Add provider").first.click()
    operator.get_by_role("link", name="SMTP server").click()
    operator.get_by_label("Provider name").fill("relay")
    operator.get_by_label("From e-mail").fill("post@house.test")
    fill_connection(operator, server.port)

    operator.get_by_role("button", name="Test connection").click()
    expect(operator.locator("#test-draft-button")).to_contain_text("Passed")
    operator.get_by_role("button", name="Save").click()

    operator.wait_for_url(site + "/providers")
    expect(operator.locator(".provider-row")).to_have_count(1)
    expect(operator.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    expect(operator.locator("#toasts")).to_contain_text("relay is saved and active.")
    assert SECRET not in operator.content()
    assert session.query(Provider).one().is_verified


def test_failed_test_while_saving_leaves_the_provider_inactive_and_says_so(
    operator, site, server, session
):
    server.refuse_login()
    operator.goto(site + "/providers/new")
    operator.get_by_label("Provider name").fill("relay")
    operator.get_by_label("From e-mail").fill("post@house.test")
    fill_connection(operator, server.port)

    operator.get_by_role("button", name="Save").click()

    expect(operator.locator("#toasts")).to_contain_text("relay is saved, but inactive")
    expect(operator.get_by_role("radio", name="Inactive")).to_be_checked()
    assert not session.query(Provider).one().is_active


def test_wrong_fields_are_listed_and_marked(operator, site):
    operator.goto(site + "/providers/new")
    operator.get_by_label("Host").fill("smtp.example.com")

    operator.get_by_role("button", name="Save").click()

    expect(operator.locator("#form-errors li")).to_have_count(3)
    expect(operator.locator("#host-error")).to_contain_text("placeholder")
    expect(operator.get_by_label("Host")).to_have_value("smtp.example.com")


def test_stale_edit_shows_the_fresh_form(operator, site, three, session):
    operator.goto(site + f"/providers/{three[0]}")
    provider = session.get(Provider, three[0])
    provider.from_name, provider.version = "by somebody else", provider.version + 1
    session.commit()
    operator.get_by_label("From name").fill("mine")

    operator.get_by_role("button", name="Save").click()

    expect(operator.get_by_role("alert")).to_contain_text("Somebody else changed this provider")
    expect(operator.get_by_label("From name")).to_have_value("by somebody else")


def test_usual_port_follows_the_encryption_and_a_typed_one_does_not(operator, site):
    operator.goto(site + "/providers/new")
    port = operator.get_by_role("textbox", name="Port")

    operator.get_by_role("radio", name="SSL/TLS").check()
    expect(port).to_have_value("465")

    port.fill("2525")
    operator.get_by_role("radio", name="STARTTLS").check()
    expect(port).to_have_value("2525")
