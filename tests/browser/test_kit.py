"""The browser kit itself: looks are what they say, and no trouble of a page goes unseen."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page

from tests.kit.browser import (
    DARK,
    LIGHT,
    NARROW,
    Troubles,
    assert_accessible,
    assert_fits,
    in_every_look,
)

GOOD = "<!doctype html><html lang=en><title>Queue</title><main><h1>Queue</h1></main>"
POLICY = "default-src 'self'; script-src 'self' 'nonce-good'; connect-src 'self'"


class Site(ThreadingHTTPServer):
    """Serves the pages of a test under a strict policy; what is not there is answered with 404."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.pages = {"/": (200, GOOD), "/favicon.ico": (200, "")}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Answer(BaseHTTPRequestHandler):
    """Answers with the page of the path, and at /silent by hanging up."""

    server: Site

    def do_GET(self) -> None:
        if self.path == "/silent":
            return
        status, body = self.server.pages.get(self.path, (404, GOOD))
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def show(site: Site, page: Page) -> Callable[[str], None]:
    """Opens a page with the given body and waits until nothing moves any more."""

    def show_body(body: str) -> None:
        site.pages["/"] = (200, GOOD + body)
        page.goto(site.url, wait_until="networkidle")

    return show_body


@in_every_look
def test_good_page_passes_in_every_look(site: Site, page: Page):
    page.goto(site.url)

    assert page.get_by_role("heading").inner_text() == "Queue"
    assert_accessible(page)
    assert_fits(page)


@pytest.mark.parametrize(
    ("page", "dark", "width"),
    [(LIGHT, False, 1280), (DARK, True, 1280), (NARROW, False, 360)],
    indirect=["page"],
)
def test_look_sets_colours_and_width(page: Page, *, dark: bool, width: int):
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is dark
    assert page.evaluate("innerWidth") == width


@pytest.mark.parametrize(
    ("body", "trouble"),
    [
        ("<script nonce=good>console.error('lost')</script>", "console: lost"),
        ("<script nonce=good>throw new Error('broken')</script>", "error: broken"),
        ("<script>1</script>", "Content Security Policy"),
        ("<p style='color: red'>red</p>", "Content Security Policy"),
        ("<img src=/gone.png alt=''>", "status 404"),
    ],
)
def test_trouble_is_seen(show: Callable[[str], None], troubles: Troubles, body: str, trouble: str):
    show(body)

    assert len(troubles.seen) == 1
    assert trouble in troubles.seen[0]
    troubles.seen.clear()


def test_request_that_nobody_answers_is_seen(site: Site, page: Page, troubles: Troubles):
    page.goto(site.url)

    with page.expect_event("requestfailed"):
        page.evaluate("fetch('/silent').catch(() => 0)")

    assert any(trouble.startswith("failed: GET") for trouble in troubles.seen)
    troubles.seen.clear()


def test_refused_form_is_no_trouble_but_a_broken_server_is(
    site: Site, page: Page, troubles: Troubles
):
    site.pages |= {"/refused": (422, GOOD), "/broken": (500, GOOD)}

    page.goto(site.url + "refused")
    assert troubles.seen == []

    page.goto(site.url + "broken")
    assert troubles.seen == [f"status 500: {site.url}broken"]
    troubles.seen.clear()


def test_picture_without_words_is_not_accessible(show: Callable[[str], None], page: Page):
    show("<img src=/favicon.ico>")

    with pytest.raises(AssertionError, match="image-alt"):
        assert_accessible(page)


def test_page_that_is_too_wide_does_not_fit(site: Site, page: Page):
    site.pages["/"] = (200, GOOD + "<pre>" + "wide " * 500)
    page.goto(site.url)

    with pytest.raises(AssertionError, match="in a window of 1280 px"):
        assert_fits(page)
