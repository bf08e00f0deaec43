"""The loader sends every request once, over connections that stay open, and counts the answers."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.kit.http_load import load, post


class Echo(BaseHTTPRequestHandler):
    """Answers with the body, 202 for even lengths and 422 for odd ones, in two pieces."""

    protocol_version = "HTTP/1.1"
    connections: Counter[object] = Counter()

    def do_POST(self) -> None:
        """Takes one request."""
        self.connections[self.client_address] += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(422 if len(body) % 2 else 202)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:1])
        self.wfile.flush()
        self.wfile.write(body[1:])

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


class HangUp(Echo):
    """Closes the connection in the middle of its answer."""

    def do_POST(self) -> None:
        """Promises more than it gives."""
        self.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\nx")
        self.close_connection = True


@contextmanager
def serving(kind: type[BaseHTTPRequestHandler]) -> Iterator[int]:
    """The port of a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_every_request_is_sent_once_and_counted_by_its_answer():
    bodies = [b"x" * length for length in range(1, 51)]
    Echo.connections.clear()
    with serving(Echo) as port:
        outcome = load(
            "127.0.0.1",
            port,
            lambda number: post("/", bodies[number], token="t") if number < 50 else None,
            connections=4,
            keeps_bodies=True,
        )

    assert outcome.statuses == {202: 25, 422: 25}
    assert sorted(outcome.bodies) == bodies
    assert len(outcome.waits_s) == 50
    assert 0 < outcome.wait_s(0.5) <= outcome.wait_s(1.0) <= outcome.seconds
    assert len(Echo.connections) == 4
    assert outcome.rate == pytest.approx(50 / outcome.seconds)


def test_server_that_hangs_up_is_no_answer():
    with serving(HangUp) as port, pytest.raises(ConnectionResetError):
        load("127.0.0.1", port, lambda number: post("/", b"x", token="t"), connections=1)
