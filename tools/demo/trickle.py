"""New mail, one every few moments, handed in by the HTTP API as an application does."""

from __future__ import annotations

import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from panel.domain.outcome import Effect
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Submission
from tools.demo.events import Event
from tools.demo.letters import Owner, a_letter, a_person, a_stream
from tools.demo.place import Place
from tools.demo.replies import SCRIPTED

SCRIPTED_SHARE = 0.08
HARMLESS = [
    name
    for name, plan in SCRIPTED.items()
    if plan.text and Event(plan.stage, plan.text).outcome.effect is Effect.NONE
]
"""Not those for whose sake a provider is kept from other mail: that would be held for an hour."""
SLOW_EVERY = 9
"""Every so many mails one is to the recipient whose server takes its time."""
TIMEOUT_S = 10.0
AWAY_S = 0.5
"""Until the panel is tried again when it does not answer."""


@contextmanager
def trickling(place: Place, *, url: str, every_s: float) -> Iterator[None]:
    """Mail comes in meanwhile, one about `every_s` seconds; with 0 none."""
    stopped = threading.Event()
    trickle = Trickle(place, url=url, every_s=every_s, stopped=stopped)
    thread = threading.Thread(target=trickle.run, name="trickle")
    if every_s:
        thread.start()
    try:
        yield
    finally:
        stopped.set()
        if every_s:
            thread.join()


class Trickle:
    """Hands in one mail after the other until it is stopped."""

    def __init__(self, place: Place, *, url: str, every_s: float, stopped: threading.Event) -> None:
        self._place = place
        self._url = url
        self._every_s = every_s
        self._stopped = stopped
        self._chance = random.Random()
        self._number = 0

    def run(self) -> None:
        """Until it is stopped; a panel that does not answer is asked again."""
        pause_s = AWAY_S
        while not self._stopped.wait(pause_s):
            token, document = self._next()
            if self._hand_in(token, document):
                self._number += 1
                pause_s = self._every_s * self._chance.uniform(0.3, 1.7)
            else:
                pause_s = AWAY_S

    def _next(self) -> tuple[str, dict[str, Any]]:
        chance = self._chance
        is_partners = chance.random() < 0.12
        owner = Owner(0, 0, "anadolu.example", "Anadolu Tours") if is_partners else Owner(0)
        letter = a_letter(chance, a_stream(chance), (self._recipient(),), owner=owner)
        token = self._place.partner_token if is_partners else self._place.token
        return token, document(letter)

    def _recipient(self) -> Mailbox:
        if self._number % SLOW_EVERY == 0:
            return Mailbox(f"slow+{self._number}@example.com", "")
        if self._chance.random() < SCRIPTED_SHARE:
            name = self._chance.choice(HARMLESS)
            return Mailbox(f"{name}+{self._number}@example.com", "")
        return a_person(self._chance)

    def _hand_in(self, token: str, document: dict[str, Any]) -> bool:
        request = urllib.request.Request(  # noqa: S310 - the demo's own panel
            f"{self._url}/api/v1/messages",
            data=json.dumps(document).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
                return bool(answer.status == 202)
        except (urllib.error.URLError, OSError):
            return False


def document(letter: Submission) -> dict[str, Any]:
    """The mail as the HTTP API takes it."""
    sender = letter.sender
    return {
        "stream": letter.stream.value,
        "from": {"email": sender.email, "name": sender.name} if sender else None,
        "to": [{"email": to.email, "name": to.name} for to in letter.to],
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "metadata": dict(letter.details),
    }
