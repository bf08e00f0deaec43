"""Live connection tests: steps as they happen, the verdict, the words."""

import pytest
from playwright.sync_api import expect

from panel.storage.models import Provider
from tests.factories.provider_forms import SECRET

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_steps_are_seen_while_the_server_still_thinks(operator, site, saved, server):
    server.stall("ehlo")
    operator.goto(site + "/providers")

    operator.locator(f"#test-provider-{saved.id}-button").click()

    steps = operator.locator(f"#test-provider-{saved.id} .step")
    expect(steps).to_have_count(3)
    expect(steps.nth(2)).to_contain_text("Greeting")
    expect(operator.locator(f"#test-provider-{saved.id}-button")).to_contain_text("Testing…")
    server.stop()
    expect(operator.locator(f"#test-provider-{saved.id}-button")).to_contain_text("Failed")
    expect(operator.locator(f"#test-provider-{saved.id} .notice-danger")).to_be_visible()


def test_first_step_is_seen_while_the_test_goes_on(operator, site, saved):
    operator.goto(site + "/providers")
    operator.evaluate(
        """id => {
          const place = document.getElementById(`test-provider-${id}`);
          const button = document.getElementById(`test-provider-${id}-button`);
          new MutationObserver(() => {
            if (!window.seen && place.querySelector(".step")) window.seen = button.textContent;
          }).observe(place, { childList: true, subtree: true });
        }""",
        saved.id,
    )

    operator.locator(f"#test-provider-{saved.id}-button").click()

    expect(operator.locator(f"#test-provider-{saved.id}-button")).to_contain_text("Passed")
    assert "Passed" not in operator.evaluate("window.seen")


def test_passed_test_verifies_in_the_row_and_the_switch_works(operator, site, saved, session):
    operator.goto(site + "/providers")
    row = operator.locator(f"#provider-{saved.id}")
    expect(row).to_contain_text("not tested")

    row.get_by_role("button", name="Test").click()
    expect(row.locator(f"#provider-{saved.id}-verified")).to_contain_text("connection tested")
    row.get_by_role("switch").click()

    expect(row.get_by_role("switch")).to_have_attribute("aria-checked", "true")
    session.expire_all()
    assert session.get(Provider, saved.id).is_active


def test_failed_test_explains_and_hides_the_transcript_behind_a_fold(operator, site, saved, server):
    server.refuse_login()
    operator.goto(site + f"/providers/{saved.id}")

    operator.get_by_role("button", name="Test connection").click()

    outcome = operator.locator("#test-draft-outcome")
    expect(outcome).to_contain_text("The server refused the login")
    expect(outcome).to_contain_text("535 5.7.8")
    transcript = outcome.locator("pre")
    expect(transcript).to_be_hidden()
    outcome.get_by_text("Transcript").click()
    expect(transcript).to_contain_text("C: AUTH")
    assert SECRET not in operator.content()


def test_test_that_needs_the_password_again_says_so_at_the_field(operator, site, saved):
    operator.goto(site + f"/providers/{saved.id}")
    operator.get_by_role("textbox", name="Port").fill("2525")

    operator.get_by_role("button", name="Test connection").click()

    expect(operator.locator("#password-error")).to_contain_text("Enter the password again")
    expect(operator.locator("[name=password]")).to_be_visible()
    expect(operator.get_by_role("textbox", name="Port")).to_have_value("2525")
