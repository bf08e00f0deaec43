"""The far end of every row: a server that takes each mail, counts it and notes when it came.

One loop over plain sockets, as cheap as smtp-sink, so that little of the machine goes to it. The
same for Postroom and its rivals. Besides SMTP it knows `STAT` (what came so far) and `LIST` (when
each mail came), both answered as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import selectors
import socket
import sys
import time
from array import array
from collections import deque
from dataclasses import dataclass, field
from typing import cast

OK = b"250 2.0.0 Ok\r\n"
GO_AHEAD = b"354 Go ahead\r\n"
BYE = b"221 2.0.0 Bye\r\n"
END = b"\r\n.\r\n"
OFFERED = ["PIPELINING", "SIZE 104857600", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]


@dataclass(slots=True)
class Arrivals:
    """When each mail had come, in seconds of the machine's monotonic clock."""

    at_s: array[float] = field(default_factory=lambda: array("d"))
    connections: int = 0

    def stat(self) -> bytes:
        """One line of JSON."""
        first, last = (self.at_s[0], self.at_s[-1]) if self.at_s else (0.0, 0.0)
        shown = {"mails": len(self.at_s), "first_s": first, "last_s": last}
        return json.dumps(shown | {"connections": self.connections}).encode()


class Session:
    """One client's conversation: bytes in, bytes out, no socket."""

    __slots__ = ("_arrivals", "_greeting", "_is_content", "_rest")

    def __init__(self, arrivals: Arrivals, greeting: bytes) -> None:
        """`greeting` is the whole answer to EHLO."""
        self._arrivals = arrivals
        self._greeting = greeting
        self._rest = b""
        self._is_content = False

    def feed(self, chunk: bytes) -> bytes:
        """The replies to all that is complete now."""
        buffer = self._rest + chunk if self._rest else chunk
        at, replies = 0, []
        while True:
            if self._is_content:
                end = buffer.find(END, at)
                if end < 0:
                    at = max(at, len(buffer) - len(END) + 1)
                    break
                self._arrivals.at_s.append(time.monotonic())
                self._is_content = False
                replies.append(OK)
                at = end + len(END)
            end = buffer.find(b"\n", at)
            if end < 0:
                break
            replies.append(self._answer(buffer[at : at + 4].upper()))
            # A content that is empty ends with the dot right after the command's line end.
            at = end - 1 if self._is_content else end + 1
        self._rest = buffer[at:]
        return b"".join(replies)

    def _answer(self, verb: bytes) -> bytes:
        if verb == b"DATA":
            self._is_content = True
            return GO_AHEAD
        if verb == b"EHLO":
            return self._greeting
        if verb == b"STAT":
            return self._arrivals.stat() + b"\r\n"
        if verb == b"LIST":
            return json.dumps(self._arrivals.at_s.tolist()).encode() + b"\r\n"
        return BYE if verb == b"QUIT" else OK


class Server:
    """All clients on one thread; replies wait `delay_s`, as on a line that is that long."""

    def __init__(self, *, port: int, delay_s: float, has_pipelining: bool) -> None:
        """Port 0 takes a free one."""
        offered = OFFERED if has_pipelining else OFFERED[1:]
        lines = ["sink.example", *offered]
        marks = ["-"] * len(offered) + [" "]
        self._greeting = "".join(
            f"250{mark}{line}\r\n" for mark, line in zip(marks, lines, strict=True)
        ).encode()
        self._delay_s = delay_s
        self._waiting: deque[tuple[float, socket.socket, bytes]] = deque()
        self._arrivals = Arrivals()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ, None)
        self.port: int = self._listener.getsockname()[1]

    def run(self) -> None:
        """Serves until the process is ended."""
        while True:
            for key, _ in self._selector.select(self._next_due_s()):
                client = cast(socket.socket, key.fileobj)
                if key.data is None:
                    self._accept()
                else:
                    self._read(client, key.data)
            self._send_due()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._arrivals.connections += 1
        session = Session(self._arrivals, self._greeting)
        self._selector.register(client, selectors.EVENT_READ, session)
        self._reply(client, b"220 sink.example ESMTP\r\n")

    def _read(self, client: socket.socket, session: Session) -> None:
        try:
            chunk = client.recv(65536)
        except OSError:
            chunk = b""
        if not chunk:
            self._forget(client)
        elif replies := session.feed(chunk):
            self._reply(client, replies)

    def _reply(self, client: socket.socket, replies: bytes) -> None:
        if self._delay_s:
            self._waiting.append((time.monotonic() + self._delay_s, client, replies))
        else:
            self._send(client, replies)

    def _send(self, client: socket.socket, replies: bytes) -> None:
        if client.fileno() < 0:
            return
        try:
            client.sendall(replies)
        except OSError:
            self._forget(client)
            return
        if replies.endswith(BYE):
            self._forget(client)

    def _forget(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        client.close()

    def _next_due_s(self) -> float | None:
        return max(self._waiting[0][0] - time.monotonic(), 0) if self._waiting else None

    def _send_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= time.monotonic():
            _, client, replies = self._waiting.popleft()
            self._send(client, replies)


def main() -> None:
    """Prints the port, then serves."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.sink", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0.0)
    parser.add_argument("--no-pipelining", action="store_true")
    options = parser.parse_args()
    server = Server(
        port=options.port,
        delay_s=options.delay_ms / 1000,
        has_pipelining=not options.no_pipelining,
    )
    sys.stdout.write(f"{server.port}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main()
