"""The order of the list: dragged, moved by buttons and keys, undone, refused when it is stale."""

import pytest
from playwright.sync_api import expect

from panel.services.provider_order import DIVIDER, Order, reorder
from tests.browser.providers.pages import drag, handle, shown, stored_order, touch_drag
from tests.factories.moments import NOON
from tests.factories.provider_forms import OPERATOR

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


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


def test_keys_move_to_either_end(operator, site, three, session):
    first, second, spare = three
    operator.goto(site + "/providers")

    with operator.expect_response("**/providers/order"):
        handle(operator, spare).press("Alt+Home")
    with operator.expect_response("**/providers/order"):
        handle(operator, first).press("Alt+End")

    expect(operator.locator("#providers-order [name=version]")).to_have_value("3")
    assert stored_order(session) == [spare, second, DIVIDER, first]


def test_last_move_is_undone_under_the_list(operator, site, three, session):
    first, second, spare = three
    operator.goto(site + "/providers")
    operator.get_by_role("button", name="Move second up").click()
    note = operator.locator(".last-move")
    expect(note).to_contain_text("Order changed by")

    note.get_by_role("button", name="Undo last move").click()

    expect(operator.locator("#toasts")).to_contain_text("The move is undone.")
    expect(operator.locator(".provider-row").first).to_have_id(f"provider-{first}")
    assert stored_order(session) == [first, second, DIVIDER, spare]


def test_finger_drags_the_handle(browser, cookie, site, three, session, troubles):
    first, second, spare = three
    moved = [second, DIVIDER, spare, first]
    with browser.new_context(
        has_touch=True, is_mobile=True, viewport={"width": 360, "height": 740}
    ) as context:
        context.add_cookies([cookie])
        page = context.new_page()
        troubles.watch(page)
        page.goto(site + "/providers")

        touch_drag(page, first, page.locator(f"#provider-{spare}"), until=moved)

        expect(page.locator("#toasts")).to_contain_text("The order is saved.")
    assert stored_order(session) == moved
    assert troubles.seen == []


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
