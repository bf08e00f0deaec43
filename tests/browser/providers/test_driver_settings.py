"""Another driver brings its own settings into the form, and its live test shows its own steps."""

import pytest
from playwright.sync_api import expect

from tests.fakes.http_server import Given, HttpServer

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_choosing_an_api_shows_its_settings_and_its_test_shows_its_steps(operator, site):
    with HttpServer() as server:
        missing = Given(400, b'{"message":"from parameter is missing"}')
        domain = Given(200, b'{"domain":{"state":"active","type":"custom"}}')
        server.answer = lambda asked: missing if asked.method == "POST" else domain
        operator.goto(f"{site}/providers/new?type=api_smtp")

        operator.get_by_label("Driver", exact=True).select_option("mailgun")
        operator.get_by_label("Sending domain").fill("mg.house.test")
        operator.get_by_label("Base URL").fill(f"http://127.0.0.1:{server.port}")
        operator.get_by_label("API key or token").fill("key-of-the-house")
        expect(operator.get_by_label("Host", exact=True)).to_be_hidden()
        operator.get_by_role("button", name="Test connection").click()

        steps = operator.locator("#test-draft-steps .step-name")
        expect(steps).to_have_text(["Resolve", "Connect", "Key", "Domain"])
        expect(operator.locator("#test-draft-outcome")).to_contain_text("The connection works.")
        operator.get_by_label("Driver", exact=True).select_option("postmark")
        expect(operator.get_by_label("Message stream")).to_be_visible()
        expect(operator.get_by_label("Sending domain")).to_have_count(0)
