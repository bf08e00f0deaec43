"""A person with a browser as the panel sees one: signs in, asks for pages, one after the other."""

from __future__ import annotations

import http.client
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from panel.config import CHECKOUT
from tools.bench.line import NotMeasured

EMAIL = "operator@house.test"
PASSWORD = "a quiet lantern beside nine rivers"
TIMEOUT_S = 120.0
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Seen:
    """An answer: how long it took until it was there as a whole, and its text."""

    took_ms: float
    text: str


class Visitor:
    """One signed-in operator on one connection that is kept open."""

    def __init__(self, port: int) -> None:
        """Signs in; NotMeasured when that fails."""
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
        self._cookies: dict[str, str] = {}
        found = _TOKEN.search(self.see("/sign-in").text)
        form = {"csrf_token": found[1] if found else "", "email": EMAIL, "password": PASSWORD}
        answer, _ = self._ask("POST", "/sign-in", urlencode(form))
        if answer.status != 303:
            raise NotMeasured(f"Signing in was answered by {answer.status}.")

    def see(self, path: str, *, live: bool = False) -> Seen:
        """Asks for a page, or for its part that is kept live; NotMeasured unless that succeeds."""
        began = time.perf_counter()
        answer, text = self._ask("GET", path, headers={"HX-Request": "true"} if live else {})
        took_ms = (time.perf_counter() - began) * 1000
        if answer.status not in {200, 204}:
            raise NotMeasured(f"{path} was answered by {answer.status}.")
        return Seen(took_ms, text)

    def first_byte_ms(self, path: str) -> float:
        """How long the first byte of a file takes; the rest is not read, the line is closed."""
        began = time.perf_counter()
        self._line.request("GET", path, headers=self._headers())
        answer = self._line.getresponse()
        answer.read(1)
        took_ms = (time.perf_counter() - began) * 1000
        self._line.close()
        return took_ms

    def close(self) -> None:
        """Ends the connection."""
        self._line.close()

    def _ask(
        self, method: str, path: str, body: str = "", *, headers: Mapping[str, str] = {}
    ) -> tuple[http.client.HTTPResponse, str]:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        wanted = (method, path, body or None, {**self._headers(), **headers, **form})
        try:
            self._line.request(*wanted)
            answer = self._line.getresponse()
        except http.client.RemoteDisconnected:  # it closes lines that were quiet for long
            self._line.request(*wanted)
            answer = self._line.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for set_cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = set_cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer, text

    def _headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return {"Cookie": cookies, "Accept-Language": "en"}


def add_operator(environment: Mapping[str, str]) -> None:
    """Makes the user that a visitor signs in as."""
    command = [sys.executable, "-m", "panel", "user", "add", EMAIL, "--role", "operator"]
    done = subprocess.run(  # noqa: S603  (our own command)
        [*command, "--password-stdin"],
        cwd=CHECKOUT,
        env=dict(environment),
        input=f"{PASSWORD}\n",
        text=True,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise NotMeasured(f"No operator could be added: {done.stderr.strip()[-200:]}")
