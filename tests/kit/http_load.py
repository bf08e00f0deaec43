"""A lean HTTP/1.1 client for load: some keep-alive connections in one thread, one request at a time
on each. It spends some ten microseconds on a request, so that the server gets the processor."""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

Request = Callable[[int], bytes | None]
"""The bytes of the request with this number, counted from 0; None when there are no more."""
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"
_CHUNK = 65_536


@dataclass
class Load:
    """What came of it."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    bodies: list[bytes] = field(default_factory=list)
    """Of each answer, when they are wanted; in the order in which they came."""
    waits_s: list[float] = field(default_factory=list)
    """From the first byte sent to the last one received, for each answer."""

    @property
    def rate(self) -> float:
        """Answers a second."""
        return sum(self.statuses.values()) / self.seconds

    def wait_s(self, share: float) -> float:
        """The wait that `share` (0 to 1) of the answers stayed within."""
        waits = sorted(self.waits_s)
        return waits[min(int(len(waits) * share), len(waits) - 1)]


class _Line:
    """One connection, with the request that is under way on it."""

    def __init__(self, host: str, port: int, *, timeout_s: float) -> None:
        self.socket = socket.create_connection((host, port), timeout=timeout_s)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._wanted: int | None = None
        self._sent_at = 0.0

    def ask(self, request: bytes) -> None:
        """Sends a request as a whole; what is asked for is small enough for that."""
        self._sent_at = time.perf_counter()
        self._received, self._wanted = b"", None
        self.socket.sendall(request)

    def is_answered(self) -> bool:
        """Reads what is there; whether the answer is complete now."""
        piece = self.socket.recv(_CHUNK)
        if not piece:
            raise ConnectionResetError("The server closed the connection within an answer.")
        self._received += piece
        if self._wanted is None:
            head, end, _body = self._received.partition(_END)
            if not end:
                return False
            self._wanted = len(head) + len(_END) + _length(head)
        return len(self._received) >= self._wanted

    def note(self, load: Load, *, keeps_bodies: bool) -> None:
        """Enters the answer."""
        load.waits_s.append(time.perf_counter() - self._sent_at)
        load.statuses[int(self._received[9:12])] += 1
        if keeps_bodies:
            load.bodies.append(self._received.partition(_END)[2])


def load(
    host: str,
    port: int,
    request: Request,
    *,
    connections: int = 10,
    keeps_bodies: bool = False,
    timeout_s: float = 60.0,
) -> Load:
    """Sends requests over all connections, on each the next one as soon as one is answered.

    Raises OSError when the server goes away or answers nothing for `timeout_s` seconds.
    """
    outcome, number = Load(), 0
    with ExitStack() as stack, selectors.DefaultSelector() as selector:
        lines = [_Line(host, port, timeout_s=timeout_s) for _ in range(connections)]
        for line in lines:
            stack.enter_context(line.socket)
        began = time.perf_counter()
        free = list(lines)
        while True:
            for line in free:
                wanted = request(number)
                if wanted is None:
                    continue
                number += 1
                selector.register(line.socket, selectors.EVENT_READ, line)
                line.ask(wanted)
            if not selector.get_map():
                break
            free = _answered(selector, timeout_s)
            for line in free:
                line.note(outcome, keeps_bodies=keeps_bodies)
        outcome.seconds = time.perf_counter() - began
    return outcome


def post(path: str, body: bytes, *, token: str, headers: str = "") -> bytes:
    """A POST of JSON by an application; `headers` are further ones, each with its CRLF."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return head.encode() + body


def _answered(selector: selectors.BaseSelector, timeout_s: float) -> list[_Line]:
    ready = selector.select(timeout_s)
    if not ready:
        raise TimeoutError(f"No answer came within {timeout_s:.0f} s.")
    answered = []
    for key, _events in ready:
        if key.data.is_answered():
            selector.unregister(key.fileobj)
            answered.append(key.data)
    return answered


def _length(head: bytes) -> int:
    start = head.lower().index(_LENGTH) + len(_LENGTH)
    return int(head[start:].split(b"\r\n", 1)[0])
