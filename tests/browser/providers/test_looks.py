"""Every state of the provider pages in light, in dark and on a narrow screen."""

import pytest
from playwright.sync_api import expect

from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@in_every_look
def test_empty_list_and_forms_are_accessible_and_fit(operator, site):
    operator.goto(site + "/providers")
    expect(operator.get_by_text("No mail provider yet")).to_be_visible()
    assert_accessible(operator)
    assert_fits(operator)
    operator.goto(site + "/providers/new")
    assert_accessible(operator)
    assert_fits(operator)
    operator.get_by_role("button", name="Save").click()
    expect(operator.locator("#form-errors")).to_be_visible()
    assert_accessible(operator)
    assert_fits(operator)


@in_every_look
def test_list_with_an_unfolded_test_is_accessible_and_fits(operator, site, saved, server):
    server.refuse_login()
    operator.goto(site + "/providers")

    operator.locator(f"#test-provider-{saved.id}-button").click()

    operator.locator(f"#test-provider-{saved.id}").get_by_text("Transcript").click()
    expect(operator.locator(f"#test-provider-{saved.id} pre")).to_be_visible()
    assert_accessible(operator)
    assert_fits(operator)


@in_every_look
def test_edit_form_with_a_passed_test_is_accessible_and_fits(operator, site, saved):
    operator.goto(site + f"/providers/{saved.id}")

    operator.get_by_role("button", name="Test connection").click()

    expect(operator.locator("#test-draft-button")).to_contain_text("Passed")
    assert_accessible(operator)
    assert_fits(operator)
