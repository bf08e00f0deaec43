"""Mail Providers in a real browser: adding, testing live, ordering, switching and deleting."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Locator, Page, expect

from panel.domain.permission import EVERYTHING
from panel.domain.provider import ServiceType
from panel.services.provider_order import DIVIDER, Order, order_of, reorder
from panel.storage.models import Provider
from panel.storage.queries.providers import listed
from tests.factories.moments import NOON
from tests.factories.provider_forms import OPERATOR
from tests.factories.providers import a_provider
from tests.kit.browser import assert_accessible, assert_fits, in_every_look
from tests.kit.serving import serving
from tests.web.pages import session_cookie

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PASSWORD = "a-very-secret-password"


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the running panel, with CSRF tokens as in use."""
    with serving(app) as address:
        yield address


@pytest.fixture
def cookie(app, sign_in, site):
    """The cookie of a signed-in operator."""
    value = session_cookie(sign_in())
    app.config["WTF_CSRF_ENABLED"] = True
    return {"name": "postroom_session", "value": value, "url": site}


@pytest.fixture
def operator(page: Page, cookie) -> Page:
    """The page of a signed-in operator."""
    page.context.add_cookies([cookie])
    return page


@pytest.fixture
def plain(browser: Browser, cookie) -> Iterator[Page]:
    """The same person with a browser that runs no script."""
    with browser.new_context(java_script_enabled=False) as context:
        context.add_cookies([cookie])
        context.set_default_timeout(10_000)
        yield context.new_page()


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": PASSWORD})


@pytest.fixture
def three(session):
    """Ids of two primaries and a fallback: first, second, spare."""
    kinds = {"first": "primary", "second": "primary", "spare": "fallback"}
    made = [
        a_provider(session, name=name, service_type=ServiceType(kind))
        for name, kind in kinds.items()
    ]
    session.commit()
    return [str(provider.id) for provider in made]


@pytest.fixture
def saved(session, vault, server):
    """An untested, inactive provider with a stored password."""
    login = {"vault": vault, "password": PASSWORD, "username": "kim"}
    a_provider(session, name="other")
    provider = a_provider(
        session, name="relay", port=server.port, verified=False, is_active=False, **login
    )
    session.commit()
    return provider


def stored_order(session):
    session.expire_all()
    entries = order_of([row.provider for row in listed(session, None, scope=EVERYTHING)]).entries
    session.commit()
    return list(entries)


def shown(page: Page) -> list[str]:
    fields = page.locator("#providers-list [name=order]").all()
    return [field.get_attribute("value") or "" for field in fields]


def handle(page: Page, provider_id: str) -> Locator:
    return page.locator(f"#provider-{provider_id}-handle")


def drag(page: Page, provider_id: str, target: Locator, *, until: list[str]) -> None:
    """Takes the handle, goes to the far end of the target step by step, lets go at this order."""
    start, end = handle(page, provider_id).bounding_box(), target.bounding_box()
    assert start
    assert end
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    far_end = end["y"] + (end["height"] if end["y"] > y else 0)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 41):
        page.mouse.move(x, y + (far_end - y) * step / 40)
        if shown(page) == until:
            break
    page.mouse.up()


def fill_connection(page: Page, port: int, *, password: str = PASSWORD) -> None:
    page.get_by_label("Host", exact=True).fill("127.0.0.1")
    page.get_by_role("textbox", name="Port").fill(str(port))
    page.get_by_role("radio", name="None").check()
    page.get_by_label("User name").fill("kim")
    page.locator("[name=password]").fill(password)


def test_provider_is_added_after_a_live_test(operator, site, server, session):
    operator.goto(site + "/providers")
    operator.get_by_role("link", name="Add provider").first.click()
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
    assert PASSWORD not in operator.content()
    assert session.query(Provider).one().is_verified


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


def test_first_step_is_seen_within_200_ms(operator, site, saved):
    operator.goto(site + "/providers")
    operator.evaluate(
        """id => {
          const place = document.getElementById(`test-provider-${id}`);
          const button = document.getElementById(`test-provider-${id}-button`);
          button.addEventListener("click", () => { window.clicked = performance.now(); }, true);
          new MutationObserver(() => {
            if (!window.seen && place.querySelector(".step")) window.seen = performance.now();
          }).observe(place, { childList: true, subtree: true });
        }""",
        saved.id,
    )

    operator.locator(f"#test-provider-{saved.id}-button").click()

    expect(operator.locator(f"#test-provider-{saved.id}-button")).to_contain_text("Passed")
    assert operator.evaluate("window.seen - window.clicked") < 200


def test_passed_test_verifies_in_the_row_and_the_switch_works(operator, site, saved, session):
    operator.goto(site + "/providers")
    row = operator.locator(f"#provider-{saved.id}")
    expect(row).to_contain_text("not tested")

    row.get_by_role("button", name="Test").click()
    expect(row.locator(f"#provider-{saved.id}-verified")).to_contain_text("verified")
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
    assert PASSWORD not in operator.content()


def test_test_that_needs_the_password_again_says_so_at_the_field(operator, site, saved):
    operator.goto(site + f"/providers/{saved.id}")
    operator.get_by_role("textbox", name="Port").fill("2525")

    operator.get_by_role("button", name="Test connection").click()

    expect(operator.locator("#password-error")).to_contain_text("Enter the password again")
    expect(operator.locator("[name=password]")).to_be_visible()
    expect(operator.get_by_role("textbox", name="Port")).to_have_value("2525")


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


def test_drag_within_the_group(operator, site, three, session):
    first, second, spare = three
    operator.goto(site + "/providers")

    moved = [second, first, DIVIDER, spare]

    drag(operator, first, operator.locator(f"#provider-{second}"), until=moved)

    expect(operator.locator("#toasts")).to_contain_text("The order is saved.")
    assert shown(operator) == moved
    assert stored_order(session) == moved


def test_drag_across_the_divider_and_undo(operator, site, three, session):
    first, second, spare = three
    operator.goto(site + "/providers")

    moved = [second, DIVIDER, spare, first]

    drag(operator, first, operator.locator(f"#provider-{spare}"), until=moved)

    expect(operator.locator("#toasts")).to_contain_text("The order is saved.")
    assert stored_order(session) == moved
    operator.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(operator.locator(".provider-row").first).to_have_id(f"provider-{first}")
    assert stored_order(session) == [first, second, DIVIDER, spare]


def test_buttons_and_keys_move_and_keep_the_focus(operator, site, three, session):
    first, second, spare = three
    operator.goto(site + "/providers")

    with operator.expect_response("**/providers/order"):
        operator.get_by_role("button", name="Move second up").click()
    expect(operator.locator(f"#provider-{second}-up")).to_be_focused()
    with operator.expect_response("**/providers/order"):
        handle(operator, second).press("Alt+ArrowDown")
    expect(handle(operator, second)).to_be_focused()
    with operator.expect_response("**/providers/order"):
        handle(operator, second).press("Alt+ArrowDown")

    expect(operator.locator("#order-announcement")).to_contain_text(
        "second is now number 2 of 3, Fallback."
    )
    expect(operator.locator("#providers-order [name=version]")).to_have_value("4")
    assert stored_order(session) == [first, DIVIDER, second, spare]


def test_move_after_somebody_elses_gets_the_fresh_list(operator, site, three, session):
    first, second, spare = three
    operator.goto(site + "/providers")
    theirs = Order((first, DIVIDER, second, spare))
    reorder(session, OPERATOR, order=theirs, version=1, now=NOON)

    operator.get_by_role("button", name="Move second up").click()

    expect(operator.locator("#toasts")).to_contain_text("The list changed in the meantime")
    expect(operator.locator("#providers-order [name=version]")).to_have_value("2")
    assert shown(operator) == list(theirs.entries)
    assert stored_order(session) == list(theirs.entries)


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
    row.get_by_role("button", name="Delete…").click()
    dialog = operator.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete first?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    expect(operator.locator(".provider-row")).to_have_count(3)

    row.get_by_label("More for first").click()
    row.get_by_role("button", name="Delete…").click()
    dialog.get_by_role("button", name="Delete").click()

    expect(operator.locator(".provider-row")).to_have_count(2)
    expect(operator.locator("#toasts")).to_contain_text("first is deleted.")


def test_everything_works_without_script(plain, site, server, session):
    plain.goto(site + "/providers")
    plain.get_by_role("link", name="Add provider").first.click()
    plain.get_by_label("Provider name").fill("relay")
    plain.get_by_label("From e-mail").fill("post@house.test")
    fill_connection(plain, server.port)
    plain.get_by_role("button", name="Test connection").click()
    expect(plain.get_by_text("The connection works.")).to_be_visible()
    expect(plain.get_by_label("Provider name")).to_have_value("relay")
    plain.locator("[name=password]").fill(PASSWORD)
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
