"""The list refreshes itself, and takes nothing out of a person's hands while it does."""

import pytest
from playwright.sync_api import expect

from panel.services.provider_order import DIVIDER, Order, reorder
from panel.storage.models import Provider
from tests.browser.providers.pages import handle, shown, stored_order
from tests.factories.moments import NOON
from tests.factories.provider_forms import OPERATOR

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
POLL = "htmx.trigger(document.querySelector('#providers-list'), 'every')"


@pytest.fixture
def rename(session):
    """Changes what the list shows of a provider, as somebody else would."""

    def rename(provider_id, name):
        session.get_one(Provider, int(provider_id)).name = name
        session.commit()

    return rename


def refresh(page):
    with page.expect_response("**/providers"):
        page.evaluate(POLL)


def test_list_shows_what_others_did_and_keeps_the_focus(operator, site, three, session):
    first, second, spare = three
    operator.goto(site + "/providers")
    handle(operator, second).focus()
    theirs = Order((second, DIVIDER, spare, first))
    reorder(session, OPERATOR, order=theirs, version=1, now=NOON)

    operator.evaluate(POLL)

    expect(operator.locator("#providers-order [name=version]")).to_have_value("2")
    assert shown(operator) == list(theirs.entries)
    expect(handle(operator, second)).to_be_focused()


def test_no_refresh_comes_between_a_drag_and_its_end(operator, site, three, session, rename):
    first, second, spare = three
    operator.goto(site + "/providers")
    box = handle(operator, first).bounding_box()
    assert box
    operator.mouse.move(box["x"] + 8, box["y"] + 8)
    operator.mouse.down()
    operator.mouse.move(box["x"] + 8, box["y"] + 14)
    rename(spare, "renamed")
    asked = []
    operator.on("request", lambda request: asked.append(request.url))

    operator.evaluate(POLL)
    for step in range(60):
        operator.mouse.move(box["x"] + 8, box["y"] + 14 + 4 * step)
        if shown(operator)[0] == second:
            break
    assert asked == []
    with operator.expect_response("**/providers/order"):
        operator.mouse.up()

    expect(operator.locator("#providers-list")).to_contain_text("renamed")
    assert stored_order(session)[0] == second


def test_answer_that_a_move_has_overtaken_is_dropped(operator, site, three, session):
    second = three[1]
    operator.goto(site + "/providers")
    held = []
    operator.route("**/providers", lambda route: held.append((route, route.fetch())))
    operator.evaluate(POLL)
    expect(operator.locator("#providers-list.htmx-request")).to_be_attached()

    with operator.expect_response("**/providers/order"):
        operator.get_by_role("button", name="Move second up").click()
    expect(operator.locator("#providers-order [name=version]")).to_have_value("2")
    route, before = held[0]
    route.fulfill(response=before)

    expect(operator.locator("#providers-list:not(.htmx-request)")).to_be_attached()
    assert shown(operator)[0] == second
    expect(operator.locator("#providers-order [name=version]")).to_have_value("2")


def test_selected_text_and_open_menus_are_left_alone(operator, site, three, rename):
    operator.goto(site + "/providers")
    operator.get_by_label("More for first").click()
    rename(three[2], "renamed")

    operator.evaluate(POLL)
    expect(operator.get_by_role("link", name="Edit")).to_be_visible()
    operator.keyboard.press("Escape")
    operator.get_by_label("More for first").click()
    operator.locator(".provider-name").first.select_text()
    operator.evaluate(POLL)
    assert operator.evaluate("getSelection().toString()").startswith("first")
    assert "renamed" not in operator.locator("#providers-list").inner_text()

    operator.evaluate("getSelection().removeAllRanges()")
    operator.mouse.click(5, 5)
    operator.evaluate("document.querySelectorAll('details[open]').forEach(d => { d.open = false })")
    refresh(operator)
    expect(operator.locator("#providers-list")).to_contain_text("renamed")
