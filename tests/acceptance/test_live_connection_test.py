"""The live connection test through the real web server, with several processes and threads."""

import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPResponse
from http.cookiejar import CookieJar

import pytest

from panel.domain.permission import Role
from tests.conftest import password_hash
from tests.factories.people import PASSWORD, a_user
from tests.factories.providers import a_provider
from tests.kit.patience import until
from tests.kit.processes import Program, answers

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
HX = {"HX-Request": "true"}


class Browser:
    """A person who reads answers as they come in."""

    def __init__(self, url: str, stack: ExitStack) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)
        self._url = url
        self._stack = stack

    def token(self, path: str) -> str:
        """The CSRF token of a page."""
        with self._opener.open(self._url + path) as page:
            found = TOKEN.search(page.read().decode())
        assert found
        return found[1]

    def post(self, path: str, fields: dict[str, str], headers: dict[str, str]) -> HTTPResponse:
        """The answer, not yet read."""
        request = urllib.request.Request(
            self._url + path,
            urllib.parse.urlencode(fields).encode(),
            {"Origin": self._url, **headers},
        )
        return self._stack.enter_context(self._opener.open(request, timeout=20))


def next_event(response: HTTPResponse) -> str:
    lines = []
    while line := response.readline().strip():
        lines.append(line.decode())
    return "\n".join(lines)


@pytest.fixture
def browser(installation, session) -> Iterator[Browser]:
    """A signed-in operator at a panel of two processes."""
    user = a_user(session, Role.OPERATOR, password_hash=password_hash())
    session.commit()
    arguments = ["web", "--port", str(installation.port), "--processes", "2"]
    with Program(arguments, installation.environment), ExitStack() as stack:
        until(lambda: answers(f"{installation.url}/healthz"), timeout_s=40)
        browser = Browser(installation.url, stack)
        login = {"email": user.email, "password": PASSWORD, "csrf_token": browser.token("/sign-in")}
        browser.post("/sign-in", login, {})
        yield browser


def test_steps_arrive_while_servers_think_in_several_tests_at_once(
    browser, session, make_smtp_server
):
    servers = [make_smtp_server() for _ in range(4)]
    providers = [a_provider(session, port=server.port) for server in servers]
    session.commit()
    for server in servers:
        server.stall("ehlo")
    fields = {"csrf_token": browser.token("/providers")}

    running = [
        browser.post(f"/providers/{provider.id}/connection-tests", fields, HX)
        for provider in providers
    ]

    for server, answer in zip(servers, running, strict=True):
        events = [next_event(answer) for _ in range(4)]
        server.wait_for_command("EHLO")
        assert "Greeting" in events[-1]
        server.stop()
        assert "Failed" in answer.read().decode()
