"""The whole way of a first user: set-up link, two providers, an order, a mail, a failover."""

import json
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from tests.kit.processes import Installation, installation

__all__ = ["installation"]

PASSWORD = "correct horse battery staple"


def set_up(page: Page, link: str) -> None:
    """Creates the first operator by the one-time link."""
    page.goto(link)
    page.get_by_label("E-mail").fill("deniz@house.test")
    page.get_by_label("Name").fill("Deniz")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Save and sign in").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def add_provider(page: Page, url: str, *, name: str, port: int) -> None:
    """Fills in the form, watches the live test, saves."""
    page.goto(f"{url}/providers/new")
    page.get_by_label("Provider name").fill(name)
    page.get_by_role("textbox", name="Host").fill("127.0.0.1")
    page.get_by_role("textbox", name="Port").fill(str(port))
    page.locator("[name=encryption][value=none]").check()
    page.get_by_label("From e-mail").fill("post@house.test")
    page.locator("[name=status][value=active]").check()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("The connection works.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Mail Providers")).to_be_visible()
    expect(page.get_by_text(name, exact=True)).to_be_visible()


def put_first(page: Page, url: str, name: str) -> None:
    """Drags the second provider above the first."""
    page.goto(f"{url}/providers")
    rows = page.locator("tr[data-id]")
    expect(rows.nth(1)).to_contain_text(name)
    with page.expect_response("**/providers/order") as order:
        rows.nth(1).locator("[data-handle]").drag_to(rows.nth(0))
    assert order.value.status == 200
    expect(rows.nth(0)).to_contain_text(name)


def hand_in(installation: Installation, token: str, subject: str) -> str:
    """Submits a mail over HTTP; the id of the message."""
    mail = {"stream": "system", "to": ["kim@contoso.test"], "subject": subject, "text": "4711"}
    request = urllib.request.Request(
        f"{installation.url}/api/v1/messages",
        data=json.dumps(mail).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 202
        return str(json.load(answer)["id"])


@pytest.mark.timeout(240)
def test_a_first_user_sets_up_two_providers_and_mail_survives_the_loss_of_one(
    installation: Installation, page: Page, make_smtp_server
):
    first, second = make_smtp_server(), make_smtp_server()
    running = installation.everything()
    set_up(page, running.wait_for("/set-up/").strip())
    add_provider(page, installation.url, name="relay one", port=first.port)
    add_provider(page, installation.url, name="relay two", port=second.port)

    put_first(page, installation.url, "relay two")

    made = installation.command("application", "add", "shop", "--streams", "system", "--json")
    token = json.loads(made.stdout)["token"]
    hand_in(installation, token, "Your first code")
    second.wait_for(1, timeout_s=30)
    second.stop()
    identifier = hand_in(installation, token, "Your second code")
    first.wait_for(1, timeout_s=30)

    page.goto(f"{installation.url}/mailing-log")
    failed = page.locator("tr", has_text="relay two").filter(has_text="Your second code")
    expect(failed).to_contain_text("FAIL", ignore_case=True)
    succeeded = page.locator("tr", has_text="relay one").filter(has_text="Your second code")
    expect(succeeded).to_contain_text("SUCCESS", ignore_case=True)
    page.goto(f"{installation.url}/messages/{identifier}")
    expect(page.get_by_text("relay two").first).to_be_visible()
    expect(page.get_by_text("relay one").first).to_be_visible()
    page.goto(f"{installation.url}/queue")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
