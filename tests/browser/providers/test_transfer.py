"""Duplicate, export, import and the changes of a provider in a real browser."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from panel.domain.provider import ServiceType
from tests.browser.providers.pages import stored_order
from tests.factories.provider_documents import ENTRY, changed
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider
from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def relay(session, vault):
    """An active provider with a password, and a fallback."""
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    provider = a_provider(session, name="relay", **login)
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK)
    session.commit()
    return provider


def looks_right(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)


def download(page: Page, site: str) -> dict:
    """The exported document, as the browser keeps it."""
    page.goto(site + "/providers")
    page.get_by_text("Export and import").click()
    with page.expect_download() as saving:
        page.get_by_role("link", name="Export as a file").click()
    assert saving.value.suggested_filename.startswith("postroom-providers-")
    return json.loads(Path(saving.value.path()).read_text("utf-8"))


def upload(page: Page, document: object) -> None:
    content = json.dumps(document).encode()
    file = {"name": "providers.json", "mimeType": "application/json", "buffer": content}
    page.locator("#import-file").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Preview").click()


@in_every_look
def test_exported_file_is_changed_looked_at_and_imported(operator, site, session, relay):
    document = changed(download(operator, site), "relay", per_day=500)
    document["providers"].insert(0, ENTRY)
    operator.get_by_text("Export and import").click()
    operator.get_by_role("link", name="Import…").click()
    expect(operator.get_by_role("heading", level=1, name="Import providers")).to_be_visible()
    looks_right(operator)

    upload(operator, document)

    expect(operator.get_by_text("Needs a connection test")).to_be_visible()
    operator.get_by_text("Its settings").click()
    looks_right(operator)
    operator.get_by_role("button", name="Import", exact=True).click()
    expect(operator.get_by_text("Imported: 1 added, 1 changed, 0 removed.")).to_be_visible()
    assert stored_order(session) == ["3", "1", "divider", "2"]


@in_every_look
def test_faults_are_shown_above_the_form_and_can_be_mended_there(operator, site, relay):
    document = changed(download(operator, site), "relay", port=0)
    operator.goto(site + "/providers/import")

    operator.get_by_label("Or paste its text").fill(json.dumps(document))
    operator.get_by_role("button", name="Preview").click()

    expect(operator.get_by_role("alert")).to_contain_text("Provider 1 (relay), Port")
    looks_right(operator)
    operator.get_by_label("Or paste its text").fill(
        json.dumps(changed(document, "relay", port=2599))
    )
    operator.get_by_role("button", name="Preview").click()
    expect(operator.get_by_text("Nothing would change.")).to_be_visible()
    looks_right(operator)


def test_import_works_without_script(plain, site, session, relay):
    plain.goto(site + "/providers/import")
    upload(plain, {"format": "postroom-providers", "version": 1, "providers": [ENTRY]})
    plain.get_by_role("button", name="Import", exact=True).click()

    expect(plain.get_by_text("Imported: 1 added")).to_be_visible()
    assert stored_order(session) == ["3", "1", "divider", "2"]


def test_list_that_changes_during_the_preview_is_shown_anew(operator, site, session, relay):
    operator.goto(site + "/providers/import")
    upload(operator, {"format": "postroom-providers", "version": 1, "providers": [ENTRY]})
    expect(operator.get_by_role("button", name="Import", exact=True)).to_be_visible()
    relay.version += 1
    session.commit()

    operator.get_by_role("button", name="Import", exact=True).click()

    expect(operator.get_by_role("alert")).to_contain_text("changed since the preview")
    operator.get_by_role("button", name="Import", exact=True).click()
    expect(operator.get_by_text("Imported: 1 added")).to_be_visible()


def test_duplicate_is_made_by_keyboard_and_its_form_opens(operator, site, relay):
    operator.goto(site + "/providers")
    operator.get_by_label("More for relay").focus()
    operator.keyboard.press("Enter")
    for _ in range(3):  # edit, test mail, duplicate
        operator.keyboard.press("Tab")
    operator.keyboard.press("Enter")

    expect(operator.get_by_label("Provider name")).to_have_value("relay (copy)")
    expect(operator.get_by_text("Enter its password")).to_be_visible()
    expect(operator.locator(".secret-mask")).to_have_count(0)


@in_every_look
def test_changes_of_a_provider_unfold_below_its_form(operator, site, session, relay):
    operator.goto(site + "/providers")
    operator.get_by_label("More for relay").click()
    operator.get_by_role("button", name="Duplicate").click()
    operator.wait_for_url("**/providers/*")

    operator.get_by_text("Show what was changed").click()
    operator.locator("#provider-changes details > summary").click()

    expect(operator.locator("#provider-changes ins").get_by_text("Provider relay")).to_be_visible()
    looks_right(operator)


@in_every_look
def test_audit_unfolds_and_is_narrowed(operator, site, relay):
    operator.goto(site + f"/providers/{relay.id}")
    operator.goto(site + "/providers")
    operator.get_by_role("switch", name="spare is enabled").click()
    expect(operator.get_by_role("switch", name="spare is enabled")).not_to_be_checked()
    operator.goto(site + "/audit")
    looks_right(operator)

    operator.get_by_label("Object").fill("spare")
    operator.get_by_role("button", name="Filter").click()

    expect(operator.locator(".audit-table tbody tr")).to_have_count(1)
    operator.locator(".audit-table summary").click()
    expect(operator.locator(".audit-table ins")).to_have_text("No")
    looks_right(operator)
