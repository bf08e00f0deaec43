"""A sandbox server: real SMTP on loopback that takes mail, keeps the newest, and sends nothing on.

It looks at its switch several times a second: switched off it refuses connections and closes the
open ones, as a server does whose machine is shut down.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from panel.domain.outcome import Stage
from tools.demo.place import HOST
from tools.demo.replies import Scripted, scripted
from tools.demo.servers import Drawer

LOOK_S = 0.1
"""Seconds between two looks at the switch."""
LARGEST = 10 * 1024 * 1024
"""Bytes of a mail; EHLO announces it."""
MOST_REMEMBERED = 10_000
"""Tries that are remembered of those who are to come back."""
GONE = (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError)


class Sandbox:
    """One server; `run` serves until it is cancelled."""

    def __init__(self, drawer: Drawer, *, port: int, hostname: str, password: str) -> None:
        self.hostname = hostname
        self.password = password
        self._drawer = drawer
        self._port = port
        self._tries: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self._closing = asyncio.Event()
        self._talks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def run(self) -> None:
        """Listens as long as the switch says so, and the port is not another program's."""
        try:
            while True:
                if self._drawer.is_on and self._server is None:
                    self._closing.clear()
                    with suppress(OSError):  # Taken while it was off: the next look tries again.
                        self._server = await asyncio.start_server(
                            self._talk, HOST, self._port, limit=LARGEST
                        )
                elif not self._drawer.is_on and self._server is not None:
                    await self._close()
                await asyncio.sleep(LOOK_S)
        finally:
            await self._close()

    def keep(self, recipients: Sequence[str], content: bytes) -> int:
        """Keeps a mail; its number."""
        number = time.time_ns() // 1000
        names = ", ".join(recipients)
        self._drawer.keep(number, f"X-Sandbox-To: {names}\r\n".encode() + content)
        return number

    def plan(self, stage: Stage, recipient: str, *, key: str) -> Scripted | None:
        """What is to happen with this recipient; `key` tells the tries of one mail from others'."""
        found = scripted(recipient, stage)
        if found is None or not found.times:
            return found
        if len(self._tries) >= MOST_REMEMBERED:
            self._tries.clear()
        self._tries[f"{key} {recipient}"] += 1
        return found if self._tries[f"{key} {recipient}"] <= found.times else None

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks[task] = writer
            task.add_done_callback(self._talks.pop)
        try:
            with suppress(*GONE):
                await Conversation(self, reader, writer).run()
        finally:
            writer.close()

    def hurry(self) -> None:
        """Makes nobody wait any more: everything is about to end."""
        self._closing.set()

    async def pause(self, delay_s: float) -> None:
        """Takes its time; who is about to close answers at once, so that no mail is in doubt."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._closing.wait(), delay_s)

    async def _close(self) -> None:
        self._closing.set()
        if self._server is not None:
            self._server.close()
            self._server = None
        await asyncio.sleep(LOOK_S)
        # Not cancelled: asyncio's streams complain about that of their own accord.
        for writer in self._talks.values():
            writer.transport.abort()
        await asyncio.gather(*self._talks, return_exceptions=True)


class Conversation:
    """One client's connection."""

    def __init__(
        self, sandbox: Sandbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._sandbox = sandbox
        self._reader = reader
        self._writer = writer
        self._is_known = False
        self._sender: str | None = None
        self._recipients: list[str] = []

    async def run(self) -> None:
        """Until the client says goodbye."""
        await self._say(f"220 {self._sandbox.hostname} ESMTP sandbox")
        while line := await self._line():
            verb, _, argument = line.partition(" ")
            if verb.upper() == "QUIT":
                await self._say("221 2.0.0 Bye")
                return
            await self._obey(verb.upper(), argument)

    async def _obey(self, verb: str, argument: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                await self._greet(verb)
            case "AUTH":
                await self._log_in(argument)
            case "MAIL" | "RCPT" | "DATA" if not self._is_known:
                await self._say("530 5.7.0 Authentication required")
            case "MAIL":
                self._sender, self._recipients = _path(argument), []
                await self._say("250 2.1.0 Ok")
            case "RCPT":
                await self._add(_path(argument))
            case "DATA":
                await self._receive()
            case "RSET" | "NOOP":
                self._sender, self._recipients = None, []
                await self._say("250 2.0.0 Ok")
            case _:
                await self._say("500 5.5.2 Command not recognised")

    async def _greet(self, verb: str) -> None:
        offered = ["PIPELINING", f"SIZE {LARGEST}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        lines = [self._sandbox.hostname, *offered, "AUTH PLAIN LOGIN"]
        last = 0 if verb == "HELO" else len(lines) - 1
        for place, line in enumerate(lines[: last + 1]):
            await self._say(f"250{' ' if place == last else '-'}{line}")

    async def _log_in(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism.upper() == "PLAIN":
            given = _decoded(initial or await self._ask("")).rpartition("\0")[2]
        else:
            if not initial:
                await self._ask("VXNlcm5hbWU6")
            given = _decoded(await self._ask("UGFzc3dvcmQ6"))
        self._is_known = hmac.compare_digest(given.encode(), self._sandbox.password.encode())
        good, bad = "235 2.7.0 Welcome", "535 5.7.8 Authentication credentials invalid"
        await self._say(good if self._is_known else bad)

    async def _ask(self, challenge: str) -> str:
        await self._say(f"334 {challenge}")
        return await self._line()

    async def _add(self, recipient: str) -> None:
        if self._sender is None:
            await self._say("503 5.5.1 MAIL first")
            return
        plan = self._sandbox.plan(Stage.RCPT, recipient, key=self._sender)
        if plan is not None:
            await self._say(_filled(plan.text, recipient))
            return
        self._recipients.append(recipient)
        await self._say(f"250 2.1.5 <{recipient}> ok")

    async def _receive(self) -> None:
        recipients, self._recipients, self._sender = self._recipients, [], None
        if not recipients:
            await self._say("554 5.5.1 No valid recipients")
            return
        await self._say("354 End with a dot")
        content = await self._content()
        plans = [(self._sandbox.plan(Stage.FINAL, to, key=content[1]), to) for to in recipients]
        plan, recipient = next(((plan, to) for plan, to in plans if plan), (None, ""))
        if plan is not None and plan.text:
            await self._say(_filled(plan.text, recipient))
            return
        number = self._sandbox.keep(recipients, content[0])
        if plan is not None and not plan.delay_s:
            raise ConnectionAbortedError
        if plan is not None:
            await self._sandbox.pause(plan.delay_s)
        await self._say(f"250 2.0.0 Ok: queued as {number:X}")

    async def _content(self) -> tuple[bytes, str]:
        """The content without its dot, and its Message-ID."""
        whole = await self._reader.readuntil(b"\r\n.\r\n")
        content = whole[:-3].replace(b"\r\n..", b"\r\n.")
        named = (line for line in content.split(b"\r\n") if line.lower().startswith(b"message-id:"))
        return content, next(named, b"").decode("ascii", "replace")

    async def _line(self) -> str:
        line = await self._reader.readline()
        return line.decode("utf-8", "replace").rstrip("\r\n")

    async def _say(self, line: str) -> None:
        self._writer.write(line.encode() + b"\r\n")
        await self._writer.drain()


def _path(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]


def _filled(text: str, recipient: str) -> str:
    return text.replace("%s", recipient)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode("utf-8", "replace")
    except ValueError:
        return ""
