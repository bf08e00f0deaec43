"""Partners in a real browser: the settings window, and the way of a partner admin on a phone."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from panel.domain.permission import Role
from panel.drivers.egress import EgressPolicy
from panel.services.set_up import password_link
from tests.factories.people import PASSWORD, a_partner, a_user
from tests.factories.provider_forms import SECRET
from tests.kit.browser import NARROW, assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def config(config):
    """Partners may reach the servers of the tests."""
    return replace(config, partner_egress=EgressPolicy.parse("127.0.0.1/32:1-65535"))


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET}, mechanisms=("PLAIN",))


@pytest.fixture
def acme(session):
    partner = a_partner(session, slug="acme")
    a_partner(session, slug="beta")
    session.commit()
    return partner


def fill(page: Page, server) -> None:
    """The six fields of the SMTP tab."""
    page.get_by_label("SMTP Host").fill("127.0.0.1")
    page.get_by_label("SMTP Port").fill(str(server.port))
    page.get_by_label("SMTP Login").fill("kim")
    page.get_by_label("SMTP Password").fill(SECRET)
    page.get_by_label("SMTP Email").fill("post@acme.test")
    page.get_by_label("No encryption").check()


@pytest.fixture
def window(operator, site, acme):
    """The settings window of acme, opened by a double click on its row."""
    operator.goto(f"{site}/partners")
    operator.get_by_role("cell", name="Acme", exact=True).dblclick()
    opened = operator.get_by_role("dialog")
    expect(opened.get_by_role("heading", name="Acme")).to_be_visible()
    return opened


def test_a_window_opens_by_double_click_and_enter_and_each_tab_has_its_address(
    operator, site, window
):
    expect(operator).to_have_url(f"{site}/partners/acme")
    for tab, name in (("SMTP", "smtp"), ("Users", "users"), ("Applications", "applications")):
        window.get_by_role("link", name=tab, exact=True).click()
        expect(operator).to_have_url(f"{site}/partners/acme/{name}")
        assert_accessible(operator)

    operator.keyboard.press("Escape")
    expect(operator).to_have_url(f"{site}/partners")
    operator.locator("tr", has_text="Beta").focus()
    operator.keyboard.press("Enter")
    expect(window.get_by_role("heading", name="Beta")).to_be_visible()


def test_a_server_is_tested_and_saved_within_the_window(operator, window, server):
    window.get_by_role("link", name="SMTP", exact=True).click()
    fill(operator, server)
    window.get_by_role("button", name="Test connection").click()
    expect(window.get_by_text("The connection works.")).to_be_visible()
    expect(operator.get_by_label("SMTP Host")).to_have_value("127.0.0.1")

    window.get_by_role("button", name="Save", exact=True).click()
    expect(window.get_by_text("The server is saved and in use.")).to_be_visible()
    expect(window.get_by_text("Healthy")).to_be_visible()
    window.get_by_role("button", name="Close").click()
    expect(operator.locator("#partners-list").get_by_text("Healthy")).to_be_visible()


@in_every_look
def test_the_pages_look_right(operator, site, acme):
    for path in ("", "/acme", "/acme/smtp", "/acme/users", "/acme/applications", "/acme/deletion"):
        operator.goto(f"{site}/partners{path}")
        assert_accessible(operator)
        assert_fits(operator)


@pytest.mark.parametrize("page", [NARROW], indirect=True)
def test_a_partner_admin_comes_by_a_link_and_gets_its_server_ready(
    site, page, session, acme, server
):
    user = a_user(session, Role.PARTNER_ADMIN, partner_id=acme.id, email="kim@acme.test")
    link = password_link(session, user, base_url=site, now=datetime.now(UTC))
    session.commit()
    come_in(page, link)
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("navigation", name="Main navigation").get_by_role("link", name="SMTP").click()
    expect(page.get_by_role("heading", name="SMTP", exact=True)).to_be_visible()
    assert_accessible(page)
    assert_fits(page)

    fill(page, server)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Healthy")).to_be_visible()
    confirm_by_code(page, server)
    assert_fits(page)
    page.goto(f"{site}/mailing-log")
    expect(page.get_by_text("kim@acme.test").first).to_be_visible()
    page.locator("button[name=language][value=tr]").evaluate("button => button.click()")
    expect(page.get_by_role("heading", name="Gönderim günlüğü", level=1)).to_be_visible()
    page.goto(f"{site}/partners/acme/smtp")
    expect(page.get_by_role("textbox", name="SMTP Sunucusu")).to_be_visible()
    assert_fits(page)


def come_in(page: Page, link: str) -> None:
    """Sets a password by an invitation link."""
    page.goto(link)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()


def confirm_by_code(page: Page, server) -> None:
    """Sends a test mail and types in the code that arrived."""
    page.get_by_role("link", name="Send test mail…").click()
    page.get_by_role("button", name="Send", exact=True).click()
    field = page.get_by_label("Code from the mail")
    expect(field).to_be_visible()
    found = re.search(rb"\b([A-Z0-9]{4}-[A-Z0-9]{4})\b", server.mails[0].content)
    assert found
    field.fill(found[1].decode())
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text("Ready.")).to_be_visible()
