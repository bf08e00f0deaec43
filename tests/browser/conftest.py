"""A running Chromium and fresh pages in it, for the tests of this folder."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.kit.browser import LIGHT, Look, Troubles, chromium, open_page


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
