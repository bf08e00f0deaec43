"""A real Chromium for the tests: pages in several looks, which tell of every trouble they had."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.kit.quiet_network import network_stays
from tools.ensure_chromium import installed_chromium

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_S = 10
expect.set_options(timeout=TIMEOUT_S * 1000)  # lists ask every five seconds
# A page reports these by the status of the answer, which is judged below.
STATUS_NOISE = "Failed to load resource: the server responded with a status of"


@dataclass(frozen=True, slots=True)
class Look:
    """How a person looks at a page: colours, size of the window in CSS pixels, language."""

    name: str
    colours: Literal["light", "dark"] = "light"
    width: int = 1280
    height: int = 800
    language: str = "en"


LIGHT = Look("light")
DARK = Look("dark", colours="dark")
NARROW = Look("narrow", width=360, height=740)
LOOKS = (LIGHT, DARK, NARROW)
in_every_look = pytest.mark.parametrize("page", LOOKS, indirect=True, ids=lambda look: look.name)
"""Runs a test with its `page` in light, in dark and at 360 px."""


@dataclass
class Troubles:
    """What went wrong on a page: errors on its console, broken policy, failed requests.

    A test that provokes one looks at `seen` and clears it.
    """

    seen: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Take down what this page tells from now on."""
        page.on("console", self._hear)
        page.on("pageerror", self._catch)
        page.on("requestfailed", self._miss)
        page.on("response", self._judge)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(STATUS_NOISE):
            self.seen.append(f"console: {message.text}")

    def _catch(self, error: Error) -> None:
        self.seen.append(f"error: {error.message}")

    def _miss(self, request: Request) -> None:
        # Aborted: the page was left, or took the request back, before the answer.
        if request.failure != "net::ERR_ABORTED":
            self.seen.append(f"failed: {request.method} {request.url} {request.failure}")

    def _judge(self, response: Response) -> None:
        refused = response.status >= 400
        is_answer = response.request.resource_type in {"document", "fetch", "xhr"}
        if response.status >= 500 or (refused and not is_answer):
            self.seen.append(f"status {response.status}: {response.url}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium: the one that is installed, else Playwright's own."""
    with sync_playwright() as playwright:
        path = installed_chromium()
        with playwright.chromium.launch(executable_path=path, args=FLAGS) as browser:
            yield browser


@contextmanager
def open_page(browser: Browser, troubles: Troubles, look: Look = LIGHT) -> Iterator[Page]:
    """A page in a fresh profile, whose troubles are taken down until it closes."""
    with (
        network_stays(),
        browser.new_context(
            color_scheme=look.colours,
            viewport={"width": look.width, "height": look.height},
            locale=look.language,
            reduced_motion="reduce",
        ) as context,
    ):
        context.set_default_timeout(TIMEOUT_S * 1000)
        page = context.new_page()
        troubles.watch(page)
        yield page


def assert_accessible(page: Page) -> None:
    """Fail with every rule that axe finds broken on the page as it stands, and where."""
    # Without preload: axe would put copies of the style sheets into the page, against its policy.
    violations = Axe().run(page, options={"preload": False}).response["violations"]
    broken = [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['target']}"
        for found in violations
        for node in found["nodes"]
    ]
    assert not broken, "\n".join(broken)


def assert_fits(page: Page) -> None:
    """Fail when the page is wider than its window, so that a person must scroll sideways."""
    width = page.evaluate("document.documentElement.scrollWidth")
    window = page.evaluate("document.documentElement.clientWidth")
    assert width <= window, f"{page.url} is {width} px wide in a window of {window} px"
