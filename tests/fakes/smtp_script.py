"""What the scripted server has been told to do at each stage, by a test or by an address.

Addresses steer by their local part; whatever follows a `+` only makes them different:

- `reply-550-5.1.1@`, `data-451@`, `final-451-4.3.0@`: this reply to RCPT, DATA or the final dot;
  as reverse path `mail-550-5.1.8@`: this reply to MAIL
- `drop-before-dot@`, `drop-after-dot@`: the connection ends after the 354; after the dot, with the
  mail taken and no answer given
- `stall-after-dot@`: the mail is taken and never answered
- `drop-at-rcpt@`, `stall-at-data@`, `flood-at-final@`, ...: at rcpt, data, body or final
- `greylist-2@`: the dot is answered 451 the first two times for each Message-ID;
  `greylist-rcpt-2@`: RCPT is, for each sender
- `slow-250@`: the answer to the dot comes 250 ms late
- `leave-after-answer@`: the connection ends after the answer to the dot
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

from panel.domain.outcome import Stage

GREYLISTED = "451 4.7.1 Greylisted, please try again in 300 seconds"

_REPLY = re.compile(r"(reply|data|final|mail)-(\d{3})(?:-(\d\.\d{1,3}\.\d{1,3}))?")
_BREAK = re.compile(r"(drop|stall|flood)-at-(rcpt|data|body|final)")
_GREYLIST = re.compile(r"greylist-(rcpt-)?(\d+)")
_SLOW = re.compile(r"slow-(\d+)")
_STAGES = {"reply": Stage.RCPT, "data": Stage.DATA, "final": Stage.FINAL, "mail": Stage.MAIL}


class Act(StrEnum):
    """The kinds of plans."""

    ANSWER = "answer"
    DROP = "drop"
    STALL = "stall"
    FLOOD = "flood"
    FLOOD_LINES = "flood_lines"
    DELAY = "delay"
    LEAVE = "leave"
    """The usual answer, then the connection ends in order."""
    BOLT = "bolt"
    """The usual answer, then the connection ends at once, whatever is unread."""


LEAVING = frozenset({Act.LEAVE, Act.BOLT})
ANSWERING = frozenset({Act.ANSWER, Act.DELAY, *LEAVING})
BREAKING = frozenset(Act) - ANSWERING
_BREAKS = {"drop": Act.DROP, "stall": Act.STALL, "flood": Act.FLOOD}
_NAMED = {
    "drop-before-dot": (Stage.BODY, Act.DROP),
    "drop-after-dot": (Stage.FINAL, Act.DROP),
    "stall-after-dot": (Stage.FINAL, Act.STALL),
    "leave-after-answer": (Stage.FINAL, Act.LEAVE),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do at a stage in place of the usual answer."""

    act: Act
    text: str | bytes = ""
    """The reply; lines separated by line ends. Bytes go out as they are, with nothing added."""
    delay_s: float = 0.0

    @property
    def code(self) -> int:
        """The reply code of an answer, 0 when it has none."""
        text = self.text.decode("latin-1") if isinstance(self.text, bytes) else self.text
        return int(text[:3]) if text[:3].isdecimal() else 0


@dataclass(slots=True)
class _Order:
    plan: Plan
    left: int | None


class Script:
    """The orders given by a test; the newest for a stage counts. Safe between threads."""

    def __init__(self) -> None:
        """Starts without orders."""
        self._orders: dict[Stage, list[_Order]] = defaultdict(list)
        self._refusals: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def order(self, stage: Stage, plan: Plan, *, times: int | None) -> None:
        """From now on, or that many times, `plan` is done at `stage`."""
        with self._lock:
            self._orders[stage].append(_Order(plan, times))

    def heal(self) -> None:
        """Forgets every order."""
        with self._lock:
            self._orders.clear()

    def due(self, stage: Stage, *, acts: Container[Act] = frozenset(Act)) -> Plan | None:
        """The plan for `stage`, counted as used; of those kinds."""
        with self._lock:
            for order in reversed(self._orders[stage]):
                if order.plan.act in acts and order.left != 0:
                    order.left = None if order.left is None else order.left - 1
                    return order.plan
        return None

    def steered(self, stage: Stage, address: str, *, key: str = "") -> Plan | None:
        """The plan that an address asks for at `stage`; `key` tells greylisted tries apart."""
        local = address.split("@", 1)[0].split("+", 1)[0].lower()
        if found := _GREYLIST.fullmatch(local):
            at = Stage.RCPT if found.group(1) else Stage.FINAL
            return self._greylist(address, key, int(found.group(2))) if at is stage else None
        asked, plan = _steering(local, address)
        return plan if asked is stage else None

    def _greylist(self, address: str, key: str, times: int) -> Plan | None:
        with self._lock:
            self._refusals[address, key] += 1
            refused = self._refusals[address, key] <= times
        return Plan(Act.ANSWER, GREYLISTED) if refused else None


def _steering(local: str, address: str) -> tuple[Stage | None, Plan | None]:
    if local in _NAMED:
        stage, act = _NAMED[local]
        return stage, Plan(act)
    if found := _REPLY.fullmatch(local):
        kind, code, enhanced = found.groups()
        words = [code, enhanced, f"<{address}>: as the address asks"]
        return _STAGES[kind], Plan(Act.ANSWER, " ".join(word for word in words if word))
    if found := _BREAK.fullmatch(local):
        return Stage(found.group(2)), Plan(_BREAKS[found.group(1)])
    if found := _SLOW.fullmatch(local):
        return Stage.FINAL, Plan(Act.DELAY, delay_s=int(found.group(1)) / 1000)
    return None, None
