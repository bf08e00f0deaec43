"""What the tests of this folder read from the pages of providers, and do on them."""

import itertools
import time

from playwright.sync_api import CDPSession, Locator, Page

from panel.domain.permission import EVERYTHING
from panel.services.provider_order import order_of
from panel.storage.queries.providers import listed
from tests.factories.provider_forms import SECRET
from tests.kit.browser import TIMEOUT_S


def stored_order(session):
    session.expire_all()
    entries = order_of([row.provider for row in listed(session, None, scope=EVERYTHING)]).entries
    session.commit()
    return list(entries)


def shown(page: Page) -> list[str]:
    # While a finger drags there is a copy of the row under it, which is not in the order.
    own = "#providers-list :not(.sortable-fallback) > td > [name=order]"
    fields = page.locator(f"{own}, #providers-divider [name=order]").all()
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


def touch_drag(page: Page, provider_id: str, target: Locator, *, until: list[str]) -> None:
    """The same with a finger; the target may lie below the screen."""
    finger = page.context.new_cdp_session(page)
    handle(page, provider_id).scroll_into_view_if_needed()
    start = handle(page, provider_id).bounding_box()
    assert start
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    _touch(finger, "touchStart", x, y)
    tremble = itertools.cycle((1, -1))
    ends_at = time.monotonic() + TIMEOUT_S
    while shown(page) != until:
        assert time.monotonic() < ends_at, shown(page)
        end = target.bounding_box()
        assert end
        assert page.viewport_size
        # At the lower edge of the screen the page scrolls under the finger.
        lowest = page.viewport_size["height"] - 20
        y = min(y + 12, end["y"] + end["height"] / 2, lowest) if end["y"] > 0 else y - 12
        # A finger never rests: the library looks at a drag again only when the point has changed.
        x += next(tremble)
        _touch(finger, "touchMove", x, y)
    _touch(finger, "touchEnd", x, y)


def _touch(finger: CDPSession, kind: str, x: float, y: float) -> None:
    points = [] if kind == "touchEnd" else [{"x": x, "y": y}]
    finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def fill_connection(page: Page, port: int, *, password: str = SECRET) -> None:
    page.get_by_label("Host", exact=True).fill("127.0.0.1")
    page.get_by_role("textbox", name="Port").fill(str(port))
    page.get_by_role("radio", name="None").check()
    page.get_by_label("User name").fill("kim")
    page.locator("[name=password]").fill(password)
