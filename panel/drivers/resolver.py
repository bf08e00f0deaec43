"""Finding the addresses of a host by the operating system, without ever holding anybody up."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from threading import Thread

Resolver = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Addresses of a host, in the order to try them; raises `socket.gaierror` when it knows none."""

_Answer = tuple[str, ...] | OSError


async def system_resolver(host: str, port: int) -> tuple[str, ...]:
    """Asks the operating system, which knows `/etc/hosts` and sorts by RFC 6724.

    In a thread of its own: the event loop's threads are waited for when the loop ends, and a
    name server that does not answer would hold up everything that has a deadline.
    """
    answer: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()
    Thread(target=_ask, args=(host, port, answer), name="resolver", daemon=True).start()
    return await answer


def _ask(host: str, port: int, answer: asyncio.Future[tuple[str, ...]]) -> None:
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        found: _Answer = tuple(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in entries))
    except OSError as error:
        found = error
    # The loop may have ended meanwhile: then nobody waits any more.
    with suppress(RuntimeError):
        answer.get_loop().call_soon_threadsafe(_settle, answer, found)


def _settle(answer: asyncio.Future[tuple[str, ...]], found: _Answer) -> None:
    if answer.done():
        return
    if isinstance(found, OSError):
        answer.set_exception(found)
    else:
        answer.set_result(found)
