"""A server that speaks HTTP/2 over TLS and nothing else, one connection after another."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from threading import Thread
from typing import Self

import h2.config
import h2.connection
import h2.events

from tests.fakes.smtp_certificates import authority


class Http2Server:
    """Answers every request with 200 and `body` while it is entered."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.asked: list[tuple[dict[bytes, bytes], bytes]] = []
        self.connections = 0
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority().issue_cert("localhost").configure_cert(self._context)
        self._context.set_alpn_protocols(["h2"])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                self.connections += 1
                accepted.settimeout(10)
                with self._context.wrap_socket(accepted, server_side=True) as peer:
                    self._serve(peer)

    def _serve(self, peer: ssl.SSLSocket) -> None:
        spoken = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        spoken.initiate_connection()
        peer.sendall(spoken.data_to_send())
        headers: dict[int, dict[bytes, bytes]] = {}
        bodies: dict[int, bytes] = {}
        while data := peer.recv(65536):
            for event in spoken.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers[event.stream_id] = dict(event.headers)
                    bodies[event.stream_id] = b""
                elif isinstance(event, h2.events.DataReceived):
                    bodies[event.stream_id] += event.data
                    spoken.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                elif isinstance(event, h2.events.StreamEnded):
                    self.asked.append((headers[event.stream_id], bodies[event.stream_id]))
                    spoken.send_headers(event.stream_id, [(":status", "200")])
                    spoken.send_data(event.stream_id, self.body, end_stream=True)
            peer.sendall(spoken.data_to_send())
