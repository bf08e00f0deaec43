"""A real HTTP server on loopback that does what a test tells it, the bad things too.

It speaks HTTP/1.1 by hand, so that it can break off in the middle of anything.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

from tests.fakes.smtp_certificates import Certificate, server_context


class Act(StrEnum):
    """What comes of a request."""

    ANSWER = "answer"
    LEAVE = "leave"
    """Answers, then closes."""
    CUT_BEFORE_BODY = "cut_before_body"
    """Closes after the header section, whatever else comes."""
    REFUSE_EARLY = "refuse_early"
    """Answers after the header section and closes."""
    CUT_AFTER_BODY = "cut_after_body"
    """Reads the whole request and closes without an answer."""
    STALL = "stall"
    """Reads the whole request and says nothing."""
    TRUNCATE = "truncate"
    """Promises more than it sends, and closes."""
    RAW = "raw"
    """The body is all that it sends, in place of an answer."""


@dataclass(frozen=True)
class Given:
    """An answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    act: Act = Act.ANSWER


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; `is_whole` is False where the body did not come to its end."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    is_whole: bool
    connection: int

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class HttpServer:
    """Serves while it is entered; `answer` may be set at any time."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        self.answer: Callable[[Asked], Given] = lambda _: Given(404)
        self.asked: list[Asked] = []
        self.connections = 0
        self.heard_body = Event()
        """All of a body but its last byte has arrived."""
        self._context = server_context(certificate) if certificate else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads: list[Thread] = []
        self._lock = Lock()
        self._over = Event()

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(10)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, accepted, self.connections)

    def _serve(self, accepted: socket.socket, number: int) -> None:
        with suppress(OSError, ssl.SSLError):
            try:
                accepted.settimeout(10)
                if self._context is not None:
                    accepted = self._context.wrap_socket(accepted, server_side=True)
                with self._lock:
                    self._open.add(accepted)
                buffer = bytearray()
                while self._exchange(accepted, buffer, number):
                    pass
            finally:
                with self._lock:
                    self._open.discard(accepted)
                accepted.close()

    def _exchange(self, peer: socket.socket, buffer: bytearray, number: int) -> bool:
        while b"\r\n\r\n" not in buffer:
            if not self._more(peer, buffer):
                return False
        head, _, rest = bytes(buffer).partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _version = first.split(" ")
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0"))
        early = self.answer(Asked(method, path, headers, rest, is_whole=False, connection=number))
        if early.act is Act.CUT_BEFORE_BODY:
            return False
        if early.act is Act.REFUSE_EARLY:
            peer.sendall(_written(early))
            peer.shutdown(socket.SHUT_WR)
            return False
        body = bytearray(rest)
        is_whole = True
        while len(body) < length and is_whole:
            if len(body) >= length - 1:
                self.heard_body.set()
            is_whole = self._more(peer, body)
        asked = Asked(method, path, headers, bytes(body[:length]), is_whole, number)
        self.asked.append(asked)
        buffer[:] = body[length:]
        return is_whole and self._give(peer, self.answer(asked))

    def _give(self, peer: socket.socket, given: Given) -> bool:
        if given.act is Act.CUT_AFTER_BODY:
            return False
        if given.act is Act.STALL:
            self._over.wait(10)
            return False
        if given.act is Act.RAW:
            peer.sendall(given.body)
            return False
        written = _written(given)
        peer.sendall(written[:-1] if given.act is Act.TRUNCATE else written)
        return given.act is Act.ANSWER

    @staticmethod
    def _more(peer: socket.socket, buffer: bytearray) -> bool:
        data = peer.recv(65536)
        buffer += data
        return bool(data)


def _written(given: Given) -> bytes:
    fields = {"Content-Length": str(len(given.body)), "Content-Type": "application/json"}
    lines = [f"{name}: {value}" for name, value in (fields | given.headers).items()]
    head = "\r\n".join((f"HTTP/1.1 {given.status} Said", *lines, "", ""))
    return head.encode("latin-1") + given.body
