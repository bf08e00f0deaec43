"""The wire under conversations made for the purpose, over a socket pair's other end."""

import asyncio
import socket
import time
from dataclasses import replace

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.contract import Timeouts
from panel.drivers.smtp.conversation import AskGate, Conversation, Deliver, Heard, Say
from panel.drivers.smtp.session import Session
from panel.drivers.smtp.wire import Wire
from panel.drivers.tls import TlsTerms, TrustStore
from tests.drivers.smtp.accounts import PATIENT, QUICK


def banner() -> Conversation[Heard]:
    """Waits for two replies."""
    return (yield Say(b"", (Stage.BANNER, Stage.EHLO)))


def handing_over() -> Conversation[Heard]:
    """Content without a word before it."""
    ready = yield AskGate()
    assert ready.trouble is None
    return (yield Deliver(iter((b"content\r\n",))))


class Listener:
    """A server on loopback that says what it is given and never leaves by itself."""

    def __init__(self, *says: bytes, timeouts: Timeouts = PATIENT) -> None:
        self._says = says
        self._timeouts = timeouts
        self._left = asyncio.Event()

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        terms = TlsTerms("localhost", TrustStore(), is_verified=True)
        self.wire = Wire(Session(), self._timeouts, terms)
        await asyncio.get_running_loop().create_connection(lambda: self.wire, "127.0.0.1", port)
        return self.wire

    async def __aexit__(self, *_: object) -> None:
        self.wire.abort()
        await self._left.wait()
        self._server.close()
        await self._server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            for text in self._says:
                writer.write(text)
                await reader.read(1000)
            while await reader.read(1000):
                pass
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
            self._left.set()


def test_goodbye_ends_with_its_answer_though_the_server_stays():
    async def run() -> Reply | None:
        async with Listener(b"220 a\r\n250 b\r\n", b"221 bye\r\n") as wire:
            await wire.run(banner())
            return await wire.part(30)

    began = time.monotonic()
    assert asyncio.run(run()) == Reply(221, ("bye",))
    assert time.monotonic() - began < 10


def test_goodbye_without_an_answer_takes_its_time_and_no_more():
    async def run() -> Reply | None:
        async with Listener(b"220 a\r\n250 b\r\n") as wire:
            await wire.run(banner())
            return await wire.part(0.05)

    assert asyncio.run(run()) is None


def test_goodbye_over_a_closed_wire_is_no_error():
    async def run() -> Reply | None:
        async with Listener(b"220 a\r\n250 b\r\n") as wire:
            wire.abort()
            return await wire.part(30)

    assert asyncio.run(run()) is None


def test_each_reply_gains_time_for_the_next():
    """Two answers, each within the time for one, the second beyond it."""

    async def run() -> Heard:
        async with Listener(timeouts=replace(PATIENT, command_s=1.0)) as wire:
            loop = asyncio.get_running_loop()
            loop.call_later(0.7, wire.data_received, b"220 a\r\n")
            loop.call_later(1.4, wire.data_received, b"250 b\r\n")
            return await wire.run(banner())

    assert len(asyncio.run(run()).replies) == 2


def test_no_reply_in_time_tells_how_far_it_came():
    async def run() -> Heard:
        async with Listener(timeouts=QUICK) as wire:
            asyncio.get_running_loop().call_soon(wire.data_received, b"220 a\r\n")
            return await wire.run(banner())

    heard = asyncio.run(run())

    assert heard.replies == (Reply(220, ("a",)),)
    assert heard.trouble is not None
    assert (heard.trouble.stage, heard.trouble.fault) == (Stage.EHLO, Fault.TIMEOUT)


def test_last_words_of_a_server_are_read_though_writing_failed():
    """It refused, closed without reading on, and our write met the reset before our read."""

    async def run() -> Heard:
        wire = Wire(Session(), PATIENT, TlsTerms("localhost", TrustStore(), is_verified=True))
        transport, peer = await parted(wire)
        transport.pause_reading()
        running = asyncio.create_task(wire.run(banner()))
        transport.write(b"never read")
        peer.sendall(b"220 a\r\n552 too large\r\n")
        peer.close()
        while wire.is_open:
            await asyncio.sleep(0)
            transport.write(b"more")
        return await running

    heard = asyncio.run(run())

    assert heard.replies == (Reply(220, ("a",)), Reply(552, ("too large",)))


def test_bytes_that_nobody_asked_for_close_an_idle_wire():
    async def run() -> bool:
        async with Listener(b"220 a\r\n250 b\r\n") as wire:
            await wire.run(banner())
            wire.data_received(b"250 what you never asked\r\n")
            return wire.is_open

    assert asyncio.run(run()) is False


async def parted(wire: Wire) -> tuple[asyncio.Transport, socket.socket]:
    """The wire and the other end of it, under our control."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        transport, _ = await loop.create_connection(lambda: wire, *listener.getsockname())
        peer, _ = listener.accept()
    return transport, peer


def test_content_that_could_not_be_written_is_not_out():
    """The server hung up while we asked the gate, and the loop has not noticed it yet."""

    async def run() -> Heard:
        wire = Wire(Session(), PATIENT, TlsTerms("localhost", TrustStore(), is_verified=True))
        transport, peer = await parted(wire)
        transport.pause_reading()
        transport.write(b"never read")
        peer.close()

        async def gate() -> bool:
            return True

        return await wire.run(handing_over(), gate)

    heard = asyncio.run(run())

    assert heard.trouble is not None
    assert (heard.trouble.stage, heard.trouble.fault) == (Stage.BODY, Fault.LOST)


def test_content_that_the_other_side_never_takes_ends_in_time():
    async def run() -> Heard:
        async with Listener(timeouts=QUICK) as wire:
            wire.pause_writing()
            return await wire.run(handing_over())

    heard = asyncio.run(run())

    assert heard.trouble is not None
    assert (heard.trouble.stage, heard.trouble.fault) == (Stage.BODY, Fault.TIMEOUT)


def test_content_goes_on_when_the_other_side_takes_more():
    async def run() -> Heard:
        async with Listener() as wire:
            wire.pause_writing()
            loop = asyncio.get_running_loop()
            loop.call_soon(wire.resume_writing)
            loop.call_later(0.05, wire.data_received, b"250 done\r\n")
            return await wire.run(handing_over())

    assert asyncio.run(run()).replies == (Reply(250, ("done",)),)
