"""Bytes to and from a checked address, in the form in which the HTTP library wants them.

The library never connects by itself: it gets a pipe that the guarded dialler has opened.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httpcore2

from panel.drivers.smtp.unread import unread

_MOST_UNREAD = 256 * 1024
"""Octets after which the other side is not listened to until they are used."""


class Pipe(asyncio.Protocol, httpcore2.AsyncNetworkStream):
    """One connection. `transport` is set once it is made, and anew once it is encrypted.

    Deadlines are the caller's: what the library passes as timeouts is not looked at.
    """

    def __init__(self) -> None:
        """Not yet connected."""
        self.transport: asyncio.Transport | None = None
        self._arrived = bytearray()
        self._is_over = False
        self._is_paused = False
        self._error: Exception | None = None
        self._wakers: set[asyncio.Future[None]] = set()

    @property
    def is_open(self) -> bool:
        """Whether the other side has neither closed nor broken it."""
        return not self._is_over and self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._arrived += data
        if len(self._arrived) > _MOST_UNREAD and self.transport is not None:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """Called by the event loop."""
        self._is_over = True
        self._wake()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop; what a server said before it hung up is read all the same."""
        if exc is not None:
            self._arrived += unread(self.transport)
        self._is_over, self._error = True, exc
        self._wake()

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._is_paused = False
        self._wake()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """What has arrived; nothing once the other side has closed."""
        del timeout
        while not self._arrived and not self._is_over:
            await self._news()
        data = bytes(self._arrived[:max_bytes])
        del self._arrived[:max_bytes]
        if not self._is_over and self.transport is not None:
            self.transport.resume_reading()
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Returns when the operating system has nearly all of it."""
        del timeout
        if not self.is_open or self.transport is None:
            raise httpcore2.WriteError("The server closed the connection")
        self.transport.write(buffer)
        while self._is_paused and not self._is_over:
            await self._news()

    async def aclose(self) -> None:
        """Closes at once."""
        self.abort()

    def abort(self) -> None:
        """Closes at once; what was not yet sent is not sent any more."""
        self._is_over = True
        if self.transport is not None:
            self.transport.abort()

    def get_extra_info(self, info: str) -> Any:
        """`is_readable`: whether the other side closed it, or said something unasked."""
        if info == "is_readable":
            return self._is_over or bool(self._arrived)
        return self.transport.get_extra_info(info) if self.transport is not None else None

    async def _news(self) -> None:
        waker = asyncio.get_running_loop().create_future()
        self._wakers.add(waker)
        try:
            await waker
        finally:
            self._wakers.discard(waker)

    def _wake(self) -> None:
        for waker in self._wakers:
            if not waker.done():
                waker.set_result(None)
