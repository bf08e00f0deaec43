"""A running Chromium, a running panel, and a signed-in operator with and without script."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.kit.browser import LIGHT, Look, Troubles, chromium, open_page
from tests.kit.quiet_network import network_stays
from tests.kit.serving import serving
from tests.web.pages import session_cookie


# For a module, not for the session: while Playwright is there, its event loop occupies the thread,
# and the tests of other folders could not run theirs.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium that the tests of a module share."""
    with chromium() as running:
        yield running


@pytest.fixture
def troubles() -> Troubles:
    """What went wrong on the test's page so far; must be empty at the end."""
    return Troubles()


@pytest.fixture
def page(browser: Browser, troubles: Troubles, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a fresh profile, in the Look that the test asks for; it fails on any trouble."""
    look: Look = getattr(request, "param", LIGHT)
    with open_page(browser, troubles, look) as opened:
        yield opened
    assert troubles.seen == []


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the running panel, with CSRF tokens as in use."""
    with serving(app) as address:
        app.config["WTF_CSRF_ENABLED"] = True
        yield address


@pytest.fixture
def cookie(app: Flask, sign_in: Any, site: str) -> Any:
    """The cookie of a signed-in operator."""
    app.config["WTF_CSRF_ENABLED"] = False
    value = session_cookie(sign_in())
    app.config["WTF_CSRF_ENABLED"] = True
    return {"name": "postroom_session", "value": value, "url": site}


@pytest.fixture
def operator(cookie: Any, page: Page) -> Page:
    """The page of a signed-in operator; it closes before the panel does."""
    page.context.add_cookies([cookie])
    return page


@pytest.fixture
def plain(browser: Browser, cookie: Any) -> Iterator[Page]:
    """The same person with a browser that runs no script."""
    with network_stays(), browser.new_context(java_script_enabled=False) as context:
        context.add_cookies([cookie])
        context.set_default_timeout(10_000)
        yield context.new_page()
