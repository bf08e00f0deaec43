"""One connection of the scripted server: lines in, replies out, TLS in between."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl

CHUNK = 65536
FLOOD_LIMIT = 64 * 1024 * 1024
"""A flood ends by itself there, should the client swallow all of it."""
GONE = OSError
"""How a client that went away shows itself, in clear text and under TLS."""


class Wire:
    """Replies are gathered and go out when the server has to wait for more input (RFC 2920).

    So a batch of pipelined commands costs the latency once, as a round trip would.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, latency_s: float = 0.0
    ) -> None:
        """Takes over the streams of one connection."""
        self._reader = reader
        self._writer = writer
        self._latency_s = latency_s
        self._in = bytearray()
        self._out = bytearray()

    @property
    def has_input(self) -> bool:
        """Whether the client sent more than was read."""
        return bool(self._in)

    def forget_input(self) -> None:
        """Throws away what the client sent beyond what was read."""
        self._in.clear()

    async def line(self) -> bytes | None:
        """The next line without its end; None when the client has gone."""
        while (end := self._in.find(b"\n")) < 0:
            if not await self.more():
                return None
        line = bytes(self._in[:end]).removesuffix(b"\r")
        del self._in[: end + 1]
        return line

    async def content(self) -> bytes | None:
        """The message up to the final dot, stuffing undone; None when the client has gone."""
        searched = 0
        while not self._in.startswith(b".\r\n"):
            end = self._in.find(b"\r\n.\r\n", max(0, searched - 4))
            if end >= 0:
                return self._unstuffed(end)
            searched = len(self._in)
            if not await self.more():
                return None
        del self._in[:3]
        return b""

    async def octets(self, count: int) -> bytes | None:
        """Exactly that many octets (BDAT); None when the client has gone."""
        while len(self._in) < count:
            if not await self.more():
                return None
        chunk = bytes(self._in[:count])
        del self._in[:count]
        return chunk

    def _unstuffed(self, end: int) -> bytes:
        stuffed = b"\r\n" + self._in[: end + 2]
        del self._in[: end + 5]
        return bytes(stuffed.replace(b"\r\n.", b"\r\n")[2:])

    async def more(self) -> bool:
        """Sends what is waiting and reads on; False when the client has gone."""
        await self.flush()
        chunk = await self._reader.read(CHUNK)
        self._in += chunk
        return bool(chunk)

    def say(self, text: str | bytes) -> None:
        """Adds a reply. Text gets its line ends; bytes go out as they are."""
        if isinstance(text, str):
            lines = text.replace("\r\n", "\n").replace("\n", "\r\n")
            text = f"{lines}\r\n".encode()
        self._out += text

    async def flush(self) -> None:
        """Sends the replies that were gathered."""
        if not self._out:
            return
        if self._latency_s:
            await asyncio.sleep(self._latency_s)
        self._writer.write(bytes(self._out))
        self._out.clear()
        await self._writer.drain()

    async def pause(self, delay_s: float) -> None:
        """Sends what was gathered, then lets that time pass."""
        await self.flush()
        await asyncio.sleep(delay_s)

    async def flood(self, piece: bytes) -> None:
        """Sends what was gathered, then `piece` over and over until the client leaves."""
        await self.flush()
        for _ in range(FLOOD_LIMIT // len(piece)):
            self._writer.write(piece)
            await self._writer.drain()

    async def start_tls(self, context: ssl.SSLContext) -> None:
        """Turns the connection to TLS as its server; what was read in clear text is dropped."""
        await self.flush()
        self._in.clear()
        await self._writer.start_tls(context)

    async def discard(self) -> None:
        """Reads and forgets until the client leaves."""
        await self.flush()
        while await self._reader.read(CHUNK):
            pass

    async def close(self) -> None:
        """Sends what is waiting and ends the connection in order."""
        with contextlib.suppress(GONE):
            await self.flush()
            self._writer.close()
            await self._writer.wait_closed()

    async def abort(self) -> None:
        """Ends the connection at once."""
        self._writer.transport.abort()
        with contextlib.suppress(GONE):
            await self._writer.wait_closed()


async def open_wire(
    connection: socket.socket, context: ssl.SSLContext | None, *, latency_s: float
) -> Wire:
    """The wire over an accepted socket, with TLS from the first byte where a context is given."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    opened: asyncio.Future[asyncio.StreamWriter] = loop.create_future()
    protocol = asyncio.StreamReaderProtocol(reader, lambda _, writer: opened.set_result(writer))
    await loop.connect_accepted_socket(lambda: protocol, connection, ssl=context)
    return Wire(reader, await opened, latency_s=latency_s)
