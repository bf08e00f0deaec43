"""The whole dialog of a test mail, with the code read where it arrived."""

import re

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_test_mail_is_sent_and_confirmed_in_one_dialog(operator, site, saved, server):
    operator.goto(site + "/providers")
    row = operator.locator(f"#provider-{saved.id}")
    row.locator("summary").click()
    row.get_by_text("Send test mail…").click()
    dialog = operator.get_by_role("dialog")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Send it to").fill("kim@contoso.test")
    dialog.get_by_role("button", name="Send", exact=True).click()

    expect(dialog.get_by_text("Sent.")).to_be_visible()
    found = re.search(rb"\b([A-Z0-9]{4}-[A-Z0-9]{4})\b", server.mails[0].content)
    assert found is not None
    dialog.get_by_label("Code from the mail").fill("AAAA-AAAA")
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_text("4 tries are left")).to_be_visible()
    dialog.get_by_label("Code from the mail").fill(found.group(1).decode().lower())
    dialog.get_by_role("button", name="Confirm").click()

    expect(dialog.get_by_text("Ready.")).to_be_visible()
    expect(row.locator(f"#provider-{saved.id}-verified")).to_contain_text("delivery confirmed")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
