"""Somebody at the demo's panel with a browser that runs no script."""

import re
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar

from tests.web.pages import TOKEN

TIMEOUT_S = 30


@dataclass
class Page:
    """An answer of the panel."""

    status: int
    url: str
    text: str


@dataclass
class Visitor:
    """Keeps cookies, follows redirects, sends forms with their tokens."""

    base: str
    opener: urllib.request.OpenerDirector = field(init=False)

    def __post_init__(self) -> None:
        """Begins without cookies."""
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> Page:
        """Opens a page."""
        return self._ask(path, None)

    def post(self, path: str, *, form_on: str, **fields: str) -> Page:
        """Sends a form that stands on the page `form_on`."""
        found = TOKEN.search(self.get(form_on).text)
        assert found
        return self._ask(path, {"csrf_token": found[1], **fields})

    def sign_in(self, email: str, password: str) -> Page:
        """The page that comes after it."""
        return self.post("/sign-in", form_on="/sign-in", email=email, password=password)

    def _ask(self, path: str, fields: dict[str, str] | None) -> Page:
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(
            self.base + path, data=data, headers={"Accept": "text/html"}
        )
        if data is not None:
            request.add_header("Origin", self.base)
        try:
            with self.opener.open(request, timeout=TIMEOUT_S) as answer:
                return Page(answer.status, answer.url, answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Page(error.code, error.url, error.read().decode())


def switches(page: Page) -> list[str]:
    """What the buttons of the demo's strip say."""
    return re.findall(r"<span>(Switch [^<]+)</span>", page.text)
