"""What the tests of this folder read from the pages of providers, and do on them."""

from playwright.sync_api import Locator, Page

from panel.domain.permission import EVERYTHING
from panel.services.provider_order import order_of
from panel.storage.queries.providers import listed
from tests.factories.provider_forms import SECRET


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


def fill_connection(page: Page, port: int, *, password: str = SECRET) -> None:
    page.get_by_label("Host", exact=True).fill("127.0.0.1")
    page.get_by_role("textbox", name="Port").fill(str(port))
    page.get_by_role("radio", name="None").check()
    page.get_by_label("User name").fill("kim")
    page.locator("[name=password]").fill(password)
