"""A scripted SMTP server on loopback: it does what addresses and tests tell it, and keeps a ledger.

In a test::

    with SmtpServer(Features(starttls=True)) as server:
        server.answers("mail", "421 4.7.0 come back later", times=1)
        ...
        server.wait_for(1)
        assert server.mails[0].recipients == ("kim@example.net",)

As a process: `python -m tests.fakes.smtp_server --port 0 --ledger FILE`, see `--help`.
How addresses steer it is told in `smtp_script`.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
import traceback
from types import TracebackType
from typing import Self

from panel.domain.outcome import Stage
from tests.fakes.smtp_certificates import authority, server_context
from tests.fakes.smtp_features import Features
from tests.fakes.smtp_ledger import Command, Ledger, Mail
from tests.fakes.smtp_script import Act, Plan, Script
from tests.fakes.smtp_session import Session
from tests.fakes.smtp_wire import GONE, open_wire

_START_S = 10.0


class SmtpServer:
    """Runs in a thread of its own; every method may be called from any other."""

    host = "127.0.0.1"

    def __init__(
        self, features: Features | None = None, *, port: int = 0, ledger: Ledger | None = None
    ) -> None:
        """Port 0: a free one, kept from the first start on."""
        self.features = features or Features()
        self.port = port
        self.ledger = ledger or Ledger()
        self.script = Script()
        self.connections = 0
        """How many were opened so far."""
        self._errors: list[str] = []
        self._sessions: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopped: asyncio.Event | None = None

    def __enter__(self) -> Self:
        """Starts it."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Stops it, closes the ledger and raises what went wrong inside."""
        self.stop()
        self.ledger.close()
        if error is None:
            self.raise_errors()

    @property
    def mails(self) -> list[Mail]:
        """Those that were taken, in order."""
        return list(self.ledger.mails)

    @property
    def commands(self) -> list[Command]:
        """Everything that clients said, in order."""
        return list(self.ledger.commands)

    @property
    def verbs(self) -> list[str]:
        """The first words of the commands."""
        return [command.verb for command in self.commands]

    @property
    def ca_pem(self) -> bytes:
        """The certificate of the authority that a client has to trust."""
        return authority().cert_pem.bytes()

    @property
    def open_connections(self) -> int:
        """How many are open now."""
        return len(self._sessions)

    def start(self) -> None:
        """Listens; on the same port as before when it was stopped. OSError when it cannot."""
        listener = socket.create_server((self.host, self.port), backlog=1024)
        listener.setblocking(False)
        self.port = listener.getsockname()[1]
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listener, started)), name="smtp-server"
        )
        self._thread.start()
        assert started.wait(_START_S), "The SMTP server did not start."

    def stop(self) -> None:
        """Refuses connections and breaks the open ones. Does nothing when it is stopped."""
        if self._thread is None or self._loop is None or self._stopped is None:
            return
        self._loop.call_soon_threadsafe(self._stopped.set)
        self._thread.join()
        self._thread = None

    def raise_errors(self) -> None:
        """AssertionError with the tracebacks of what went wrong in the server itself."""
        errors, self._errors = self._errors, []
        assert not errors, "The SMTP server failed:\n" + "\n".join(errors)

    def answers(self, stage: Stage | str, text: str | bytes, times: int | None = None) -> None:
        r"""Says `text` at `stage`, always or so many times; several lines are separated by `\n`.

        A 421 ends the connection. Bytes go out as they are.
        """
        self._order(stage, Plan(Act.ANSWER, text), times)

    def refuse_login(self, times: int | None = None) -> None:
        """Refuses every password."""
        self.answers(Stage.AUTH, "535 5.7.8 Authentication credentials invalid", times)

    def stall(self, stage: Stage | str, times: int | None = None) -> None:
        """Never answers at `stage`. A mail stalled at `final` is taken."""
        self._order(stage, Plan(Act.STALL), times)

    def drop(self, stage: Stage | str, times: int | None = None) -> None:
        """Ends the connection instead of an answer. A mail dropped at `final` is taken."""
        self._order(stage, Plan(Act.DROP), times)

    def flood(self, stage: Stage | str, *, lines: bool = False, times: int | None = None) -> None:
        """Answers with one endless line, or with endless continuation lines."""
        self._order(stage, Plan(Act.FLOOD_LINES if lines else Act.FLOOD), times)

    def delay(self, stage: Stage | str, delay_s: float, times: int | None = None) -> None:
        """Answers as usual, but late."""
        self._order(stage, Plan(Act.DELAY, delay_s=delay_s), times)

    def leave(self, stage: Stage | str, times: int | None = None, *, in_order: bool = True) -> None:
        """Answers as usual, then ends the connection; not in order: with input left unread."""
        self._order(stage, Plan(Act.LEAVE if in_order else Act.BOLT), times)

    def heal(self) -> None:
        """Forgets what it was told."""
        self.script.heal()

    def wait_for(self, count: int, timeout_s: float = 10.0) -> list[Mail]:
        """The mails, once there are at least `count`; AssertionError when there are not in time."""
        mails = self.ledger.mails
        self.ledger.wait_until(lambda: len(mails) >= count, f"No {count} mails", timeout_s)
        return self.mails

    def wait_for_command(self, verb: str, *, count: int = 1, timeout_s: float = 10.0) -> None:
        """Returns once a client gave the command (or `CONNECT`, `TLS`, `CLOSED`) so many times."""
        self.ledger.wait_until(
            lambda: self.verbs.count(verb.upper()) >= count, f"No {count} x {verb}", timeout_s
        )

    def _order(self, stage: Stage | str, plan: Plan, times: int | None) -> None:
        self.script.order(Stage(stage), plan, times=times)

    async def _serve(self, listener: socket.socket, started: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopped = asyncio.Event()
        accepting = asyncio.create_task(self._accept(listener))
        started.set()
        await self._stopped.wait()
        tasks = [accepting, *self._sessions]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        listener.close()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(listener)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connections += 1
            task = asyncio.create_task(self._talk(connection, self.connections))
            self._sessions.add(task)
            task.add_done_callback(self._sessions.discard)

    async def _talk(self, connection: socket.socket, number: int) -> None:
        self.ledger.note(number, "CONNECT")
        try:
            await self._converse(connection, number)
        except Exception:  # noqa: BLE001 - told to the test by raise_errors
            self._errors.append(traceback.format_exc())
        finally:
            connection.close()
            self.ledger.note(number, "CLOSED")

    async def _converse(self, connection: socket.socket, number: int) -> None:
        features = self.features
        implicit = server_context(features.certificate) if features.implicit_tls else None
        if implicit and not await self._lets_shake_hands(connection):
            return
        try:
            wire = await open_wire(connection, implicit, latency_s=features.latency_s)
        except GONE as error:
            self.ledger.note(number, f"TLS-FAILED {error}")
            return
        try:
            await Session(
                wire, number, features=features, script=self.script, ledger=self.ledger,
                context=_starttls_context(features),
            ).run()  # fmt: skip
        finally:
            await wire.abort()

    async def _lets_shake_hands(self, connection: socket.socket) -> bool:
        plan = self.script.due(Stage.TLS)
        if plan is None:
            return True
        if plan.act is Act.STALL:
            loop = asyncio.get_running_loop()
            with contextlib.suppress(GONE):
                while await loop.sock_recv(connection, 4096):
                    pass
        return False


def _starttls_context(features: Features) -> ssl.SSLContext | None:
    return server_context(features.certificate) if features.starttls else None


if __name__ == "__main__":
    from tests.fakes.smtp_process import main

    main()
