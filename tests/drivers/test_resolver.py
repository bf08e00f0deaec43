"""The system's resolver is asked in a way that never outlasts a deadline."""

import asyncio
import socket
import threading
import time

import pytest

from panel.domain.outcome import Fault
from panel.drivers.dialler import find_route
from panel.drivers.egress import EgressPolicy
from panel.drivers.resolver import system_resolver
from panel.drivers.trouble import Trouble

ANY = EgressPolicy.parse("public,private,loopback")


def test_localhost_is_known():
    assert "127.0.0.1" in asyncio.run(system_resolver("localhost", 25))


def test_unknown_name_raises_what_the_system_says():
    with pytest.raises(socket.gaierror):
        asyncio.run(system_resolver("no-such-host.invalid", 25))


def test_name_server_that_does_not_answer_holds_nobody_up(monkeypatch: pytest.MonkeyPatch):
    """Not even the end of the event loop, which waits for the threads of its own."""
    answers = threading.Event()
    asked: list[threading.Thread] = []

    def getaddrinfo(*_: object, **__: object) -> list[object]:
        asked.append(threading.current_thread())
        answers.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    began = time.monotonic()
    trouble = asyncio.run(find_route("slow.example", 25, egress=ANY, timeout_s=0.05))
    took_s = time.monotonic() - began
    answers.set()
    asked[0].join()

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.DNS_TEMPORARY
    assert took_s < 5
