"""The words in which a conversation asks the session, and in which it is answered.

A conversation is a generator: it yields what it wants done, is resumed with what came of it, and
returns its result. It knows neither sockets nor time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.trouble import Trouble

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Say:
    """Write `data`, then wait for one reply to each of `stages` (RFC 2920: maybe several)."""

    data: bytes
    stages: tuple[Stage, ...]
    shown: str | bytes = ""
    """What a transcript shows instead of `data`: where that holds a secret, or went out before."""


@dataclass(frozen=True, slots=True)
class Secure:
    """Turn the connection into a TLS connection now."""

    stage: ClassVar = Stage.STARTTLS


@dataclass(frozen=True, slots=True)
class AskGate:
    """All is ready for the end of the content: ask whether it may still be handed over."""

    stage: ClassVar = Stage.BODY


def nothing() -> bytes:
    """Adds no word."""
    return b""


@dataclass(slots=True)
class Deliver:
    """Write `content`, portion by portion, and with the last one `end` and what `then` returns.

    The reply that follows is heard at stage `awaits`. Where that is FINAL it decides: before the
    last portion is written nothing is accepted; from then on a lost answer leaves it open. `then`
    is called once, at that moment.
    """

    stage: ClassVar = Stage.BODY
    content: Iterator[bytes | memoryview]
    end: bytes = b".\r\n"
    then: Callable[[], bytes] = nothing
    awaits: Stage = Stage.FINAL


@dataclass(slots=True)
class Heard:
    """What came of a request: the replies so far, and what cut it short."""

    replies: tuple[Reply, ...] = ()
    trouble: Trouble | None = None


Request = Say | Secure | AskGate | Deliver
Conversation = Generator[Request, Heard, _Result]


@dataclass(slots=True)
class Ended:
    """A conversation is over; its result is what it returned."""

    result: object


def refusal(stage: Stage, reply: Reply, *, wanted: int = 2) -> Trouble | None:
    """None when the reply's first digit is `wanted`; 2yz or 3yz out of place is no SMTP."""
    first = reply.code // 100
    if first == wanted:
        return None
    if first in {4, 5}:
        return Trouble(stage, Fault.REPLY, reply=reply)
    return Trouble(stage, Fault.PROTOCOL, "An answer that does not fit the command", reply)
