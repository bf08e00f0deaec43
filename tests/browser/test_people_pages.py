"""Sign-in, set-up, account and error pages in a real browser."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from panel.services.set_up import first_run_link, password_link
from tests.factories.people import PASSWORD, a_user
from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def looks_right(page: Page) -> None:
    """The page has its heading, fits its window, and axe finds nothing."""
    expect(page.locator("h1")).to_be_visible()
    assert_accessible(page)
    assert_fits(page)


@in_every_look
def test_set_up_and_first_sign_in(site, page, session):
    link = first_run_link(session, base_url=site, now=datetime.now(UTC))
    session.commit()
    page.goto(link)
    looks_right(page)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.locator("#form-errors, .is-invalid, [aria-invalid]").first).to_be_visible()
    looks_right(page)
    page.get_by_label("E-mail").fill("deniz@house.test")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()

    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.goto(link)
    looks_right(page)
    expect(page.get_by_role("button", name="Save and sign in")).to_have_count(0)


@in_every_look
def test_sign_in_and_its_refusal(site, page, session):
    user = a_user(session)
    link = password_link(session, user, base_url=site, now=datetime.now(UTC))
    session.commit()
    page.goto(link)
    looks_right(page)
    page.goto(f"{site}/sign-in")
    looks_right(page)
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill("something else altogether")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert").first).to_be_visible()
    looks_right(page)


@in_every_look
def test_account_and_a_page_that_is_not_there(operator, site):
    operator.goto(f"{site}/account")
    looks_right(operator)
    operator.goto(f"{site}/nowhere")
    looks_right(operator)


def test_the_panel_speaks_turkish_once_it_is_chosen(operator, site):
    operator.goto(f"{site}/providers")
    operator.locator("button[name=language][value=tr]").evaluate("button => button.click()")

    expect(operator.get_by_role("heading", name="Mail Sağlayıcıları", level=1)).to_be_visible()
    assert operator.locator("html").get_attribute("lang") == "tr"
    assert_accessible(operator)
