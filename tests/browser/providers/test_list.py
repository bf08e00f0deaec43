"""The list: switches, deletion, and everything without script."""

import pytest
from playwright.sync_api import expect

from panel.services.provider_order import DIVIDER
from tests.browser.providers.pages import fill_connection, stored_order
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_last_active_provider_stays_on(operator, site, session):
    a_provider(session)
    session.commit()
    operator.goto(site + "/providers")

    operator.get_by_role("switch").click()

    expect(operator.locator("#toasts")).to_contain_text("This is the last active provider")
    expect(operator.get_by_role("switch")).to_have_attribute("aria-checked", "true")


def test_deletion_asks_first(operator, site, three):
    operator.goto(site + "/providers")
    row = operator.locator(f"#provider-{three[0]}")
    row.get_by_label("More for first").click()
    row.get_by_role("link", name="Delete…").click()
    dialog = operator.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete first?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(operator.locator(".provider-row")).to_have_count(3)

    row.get_by_label("More for first").click()
    row.get_by_role("link", name="Delete…").click()
    dialog.get_by_role("button", name="Delete").click()

    expect(operator.locator(".provider-row")).to_have_count(2)
    expect(operator.locator("#toasts")).to_contain_text("first is deleted.")


def test_everything_works_without_script(plain, site, server, session):
    plain.goto(site + "/providers")
    plain.get_by_role("link", name="Add provider").first.click()
    plain.get_by_role("link", name="SMTP server").click()
    plain.get_by_label("Provider name").fill("relay")
    plain.get_by_label("From e-mail").fill("post@house.test")
    fill_connection(plain, server.port)
    plain.get_by_role("button", name="Test connection").click()
    expect(plain.get_by_text("The connection works.")).to_be_visible()
    expect(plain.get_by_label("Provider name")).to_have_value("relay")
    plain.locator("[name=password]").fill(SECRET)
    plain.get_by_role("button", name="Save").click()
    expect(plain.get_by_text("relay is saved and active.")).to_be_visible()

    plain.get_by_role("button", name="Move relay down").click()
    expect(plain.get_by_text("The order is saved.")).to_be_visible()
    assert stored_order(session) == [DIVIDER, "1"]
    plain.get_by_role("button", name="Undo").click()
    expect(plain.get_by_text("The order is saved.")).to_be_visible()
    assert stored_order(session) == ["1", DIVIDER]
    plain.get_by_role("switch").click()
    expect(plain.get_by_text("This is the last active provider")).to_be_visible()
    plain.goto(site + "/providers")
    plain.get_by_role("button", name="Test").click()
    expect(plain.get_by_role("heading", name="Connection test of relay")).to_be_visible()
    expect(plain.locator(".step")).to_have_count(8)
