"""A mail API as the `apis` row needs it: whatever is asked, the same answer, and nothing kept.

HTTP/1.1 on plain sockets, one request after the other on each connection.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import cast

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Session(asyncio.Protocol):
    """One client."""

    def __init__(self, answer: bytes) -> None:
        """`answer` as it goes over the wire."""
        self._answer = answer
        self._received = b""
        self._transport: asyncio.WriteTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps what answers go to."""
        self._transport = cast(asyncio.WriteTransport, transport)

    def data_received(self, data: bytes) -> None:
        """Answers each request that is complete."""
        self._received += data
        while (size := _size(self._received)) is not None and len(self._received) >= size:
            self._received = self._received[size:]
            self._transport.write(self._answer)


def _size(received: bytes) -> int | None:
    """Octets of the first request; None while its header section is not there."""
    end = received.find(_END)
    if end < 0:
        return None
    lines = received[:end].lower().split(b"\r\n")
    lengths = [int(line.removeprefix(_LENGTH)) for line in lines if line.startswith(_LENGTH)]
    return end + len(_END) + sum(lengths)


def answer_of(status: int, fields: dict[str, str], body: bytes) -> bytes:
    """The bytes of an answer."""
    shown = {"content-type": "application/json", **fields, "content-length": str(len(body))}
    lines = [f"HTTP/1.1 {status} x", *(f"{name}: {value}" for name, value in shown.items())]
    return "\r\n".join(lines).encode() + _END + body


async def serve(answer: bytes) -> None:
    """Prints the port, then serves until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(answer), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """The answer comes as hexadecimal digits."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.http_sink", description=__doc__)
    parser.add_argument("answer")
    asyncio.run(serve(bytes.fromhex(parser.parse_args().answer)))


if __name__ == "__main__":
    main()
