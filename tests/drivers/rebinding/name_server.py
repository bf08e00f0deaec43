"""A name server on loopback whose answers a test changes, and which counts what it is asked."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Thread
from typing import Self

import dns.flags
import dns.message
import dns.rrset
from dns.rdatatype import RdataType


class NameServer:
    """Answers questions for IPv4 addresses, each with a lifetime of zero; knows no others."""

    def __init__(self, port: int = 0) -> None:
        """Port 0: a free one."""
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self.port: int = self._socket.getsockname()[1]
        self.addresses: tuple[str, ...] = ()
        """What every name has."""
        self.asked = 0
        """How often an IPv4 address was asked for."""
        self._thread = Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        """Starts it."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Wakes the thread up to its end."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            wire, client = self._socket.recvfrom(4096)
            if not client or not wire:
                return
            self._socket.sendto(self._answer(wire), client)

    def _answer(self, wire: bytes) -> bytes:
        question = dns.message.from_wire(wire)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        (asked,) = question.question
        if asked.rdtype == RdataType.A:
            self.asked += 1
            found = self.addresses
            answer.answer = [dns.rrset.from_text(asked.name, 0, "IN", "A", *found)] if found else []
        return answer.to_wire()
