"""A server that takes every mail as fast as it can and only counts: the far end of benchmarks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import cast

_OK = b"250 2.0.0 Ok\r\n"
_EHLO = (
    b"250-sink.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-8BITMIME\r\n"
    b"250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
)
_END = b"\r\n.\r\n"


@dataclass(slots=True)
class Count:
    """What arrived; times in seconds of the monotonic clock."""

    mails: int = 0
    recipients: int = 0
    octets: int = 0
    connections: int = 0
    first_s: float = 0.0
    last_s: float = 0.0
    until: int | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, octets: int) -> None:
        """Counts a mail."""
        now_s = time.monotonic()
        if self.mails == 0:
            self.first_s = now_s
        self.last_s = now_s
        self.mails += 1
        self.octets += octets
        if self.mails == self.until:
            self.reached.set()

    def summary(self) -> dict[str, float]:
        """The figures, with mails per second between the first and the last."""
        span_s = self.last_s - self.first_s
        return {
            "mails": self.mails,
            "recipients": self.recipients,
            "octets": self.octets,
            "connections": self.connections,
            "mails_per_s": round((self.mails - 1) / span_s, 1) if span_s else 0.0,
        }


class Sink(asyncio.Protocol):
    """One connection; commands are read by their first four letters."""

    def __init__(self, count: Count, *, latency_s: float) -> None:
        """`latency_s` passes before each batch of replies."""
        self._count = count
        self._latency_s = latency_s
        self._rest = b""
        self._is_content = False
        self._size = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greets."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop has a class of its own
        self._count.connections += 1
        self._send(b"220 sink.example ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Obeys all that is complete and answers it at once."""
        self._rest += data
        replies: list[bytes] = []
        while self._take_content(replies) if self._is_content else self._take_command(replies):
            pass
        if replies:
            self._send(b"".join(replies))

    def _take_command(self, replies: list[bytes]) -> bool:
        end = self._rest.find(b"\n")
        if end < 0:
            return False
        verb = self._rest[:4].upper()
        if verb == b"DATA":
            replies.append(b"354 Go ahead\r\n")
            self._is_content, self._size = True, 0
            self._rest = b"\r\n" + self._rest[end + 1 :]
            return True
        self._count.recipients += verb == b"RCPT"
        replies.append(_EHLO if verb == b"EHLO" else b"221 Bye\r\n" if verb == b"QUIT" else _OK)
        self._rest = self._rest[end + 1 :]
        return True

    def _take_content(self, replies: list[bytes]) -> bool:
        end = self._rest.find(_END)
        if end < 0:
            self._size += max(len(self._rest) - 4, 0)
            self._rest = self._rest[-4:]
            return False
        self._count.add(self._size + end)
        self._is_content = False
        self._rest = self._rest[end + len(_END) :]
        replies.append(_OK)
        return True

    def _send(self, replies: bytes) -> None:
        if self._latency_s:
            asyncio.get_running_loop().call_later(self._latency_s, self._write, replies)
        else:
            self._write(replies)

    def _write(self, replies: bytes) -> None:
        assert self._transport is not None
        self._transport.write(replies)
        if replies.endswith(b"221 Bye\r\n"):
            self._transport.close()
