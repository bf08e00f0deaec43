"""Carries a session over a transport: bytes in and out, deadlines, TLS, the content.

An `asyncio.Protocol` rather than streams: a reply is read and the next command written inside the
callback, so that a task wakes only when a conversation ends or needs it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TypeVar, cast

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.contract import Gate, Timeouts
from panel.drivers.dialler import failure_text
from panel.drivers.smtp.conversation import (
    AskGate,
    Conversation,
    Deliver,
    Ended,
    Say,
    Secure,
)
from panel.drivers.smtp.deadline import Deadline
from panel.drivers.smtp.session import Session, Step
from panel.drivers.smtp.unread import unread
from panel.drivers.tls import TlsTerms, secure
from panel.drivers.trouble import Trouble

_Result = TypeVar("_Result")
_CLOSING_S = 1.0
_BODY, _FINAL = Stage.BODY, Stage.FINAL
_FOR_THE_TASK = (AskGate, Ended, Secure)


async def _no_gate() -> bool:
    return True


class Wire(asyncio.Protocol):
    """One connection. `transport` is set once it is made."""

    def __init__(self, session: Session, timeouts: Timeouts, terms: TlsTerms) -> None:
        """`terms` are used when the session asks for TLS, or `secure` is called."""
        self.session = session
        self.transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._terms = terms
        self.deadline = Deadline(self._time_out)
        self._waiter: asyncio.Future[Step] | None = None
        self._gone = self._loop.create_future()
        self._delivery: Deliver | None = None
        self._portion: bytes | memoryview = b""
        """What is written next of a content in several portions."""
        self._is_paused = False

    @property
    def is_open(self) -> bool:
        """Whether bytes can still be written."""
        return self.transport is not None and not self.transport.is_closing()

    async def run(self, conversation: Conversation[_Result], gate: Gate = _no_gate) -> _Result:
        """Holds a conversation to its end; cut short by the caller, it drops the connection."""
        try:
            step = self.session.start(cast("Conversation[object]", conversation))
            while True:
                if not isinstance(step, _FOR_THE_TASK):
                    step = await self._until_handed(step)
                if isinstance(step, Ended):
                    return cast("_Result", step.result)
                trouble = await (self._ask(gate) if isinstance(step, AskGate) else self._secure())
                step = self.session.resume(trouble)
        except BaseException:
            self.abort()
            raise

    async def secure(self, stage: Stage) -> Trouble | None:
        """Turns to TLS outside of a conversation: implicit TLS, before the banner."""
        trouble = await self._secure(stage)
        if trouble is None:
            self.session.secured()
            trouble = self.session.trouble
        return replace(trouble, stage=stage) if trouble else None

    async def part(self, wait_s: float) -> Reply | None:
        """Says QUIT, waits that long for the answer to it, and closes; None without answer."""
        if not self.is_open or self.transport is None:
            return None
        self._waiter = self._loop.create_future()
        self.transport.write(self.session.part().data)
        try:
            ends = {self._waiter, self._gone}
            await asyncio.wait(ends, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
            answer = self._waiter.result() if self._waiter.done() else None
        finally:
            self._waiter = None
            self.abort()
        await asyncio.wait({self._gone}, timeout=_CLOSING_S)
        return cast("Reply", answer.result) if isinstance(answer, Ended) else None

    def abort(self) -> None:
        """Closes at once; what was not yet sent is not sent any more."""
        self.deadline.close()
        self._delivery = None
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        session = self.session
        replies = session.replies
        step = session.receive(data)
        if step is not None:
            self._go(step)
        elif self._waiter is None:
            if session.trouble is not None:
                self.abort()
        elif session.replies > replies and session.is_waiting:
            self.deadline.set_in(self._grant())

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self.deadline.close()
        if not self._gone.done():
            self._gone.set_result(None)
        if exc is not None and self.session.is_waiting:
            self._go_if(self.session.receive(unread(self.transport)))
        words = (
            failure_text(exc) if isinstance(exc, OSError) else "The server closed the connection"
        )
        self._go_if(self.session.fail(Fault.LOST, words))

    def pause_writing(self) -> None:
        """Called by the event loop."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Called by the event loop."""
        self._is_paused = False
        if self._delivery is not None:
            self._pump(self._delivery)

    def _time_out(self) -> None:
        self._go_if(self.session.fail(Fault.TIMEOUT, "No answer in time"))

    async def _until_handed(self, step: Step | None) -> Step:
        """Lets the callbacks work until a step needs the task."""
        self._waiter = self._loop.create_future()
        if step is not None:
            self._go(step)
        try:
            return await self._waiter
        finally:
            self._waiter = None

    def _go_if(self, step: Step | None) -> None:
        if step is not None:
            self._go(step)

    def _go(self, step: Step) -> None:
        if isinstance(step, Deliver):
            self._deliver(step)
        elif isinstance(step, Say):
            self._say(step.data)
        else:
            self.deadline.clear()
            self._delivery = None
            if self._waiter is not None and not self._waiter.done():
                self._waiter.set_result(step)

    def _say(self, data: bytes) -> None:
        if data:
            self._write(data)
        self.deadline.set_in(self._grant())

    def _write(self, data: bytes | memoryview) -> None:
        if self.transport is not None and self.is_open:
            self.transport.write(data)

    def _deliver(self, step: Deliver) -> None:
        """A small content leaves with its end in one write; a large one in portions."""
        self._delivery = step
        self._portion = next(step.content)
        if self._is_paused:
            self.deadline.set_in(self._grant())
        else:
            self._pump(step)

    def _pump(self, step: Deliver) -> None:
        """Writes one portion and lets the loop read and serve others before the next.

        The last portion goes out with the end, only when the rest is with the operating system
        and nothing has gone wrong.
        """
        if self._delivery is not step or self._is_paused or not self.is_open:
            return
        portion, following = self._portion, next(step.content, None)
        if following is None:
            self._finish(step, portion)
            return
        self._portion = following
        self._hold_back()
        self._write(portion)
        self.deadline.set_in(self._grant())
        if not self._is_paused:
            self._loop.call_soon(self._pump, step)

    def _hold_back(self) -> None:
        """Whatever the operating system does not take at once pauses the writing.

        The limit is one octet, for with none TLS transports pause and never resume.
        """
        if self.transport is not None:
            self.transport.set_write_buffer_limits(1)

    def _finish(self, step: Deliver, portion: bytes | memoryview) -> None:
        """A write that failed at once took nothing along: then the end is not out."""
        self._delivery = None
        self._write(b"".join((portion, step.end, step.then())))
        if self.is_open:
            self.session.delivered()
        self.deadline.set_in(self._grant())

    def _grant(self) -> float:
        stage = self.session.stage
        if stage is _FINAL:
            return self._timeouts.final_s
        return self._timeouts.body_s if stage is _BODY else self._timeouts.command_s

    async def _ask(self, gate: Gate) -> Trouble | None:
        """A gate is not asked for nothing: what it lets pass counts as being handed over."""
        if self.session.trouble is not None:
            return None
        if not self.is_open:
            return Trouble(_BODY, Fault.LOST, "The server closed the connection")
        if await gate():
            return None
        return Trouble(_BODY, Fault.LEASE_LOST, "Another worker holds the delivery")

    async def _secure(self, stage: Stage = Stage.STARTTLS) -> Trouble | None:
        if self.session.trouble is not None or self.transport is None:
            return self.session.trouble
        timeout_s = self.deadline.cap(self._timeouts.command_s)
        secured = await secure(self.transport, self, self._terms, stage=stage, timeout_s=timeout_s)
        if not isinstance(secured, Trouble):
            self.transport = secured
            return None
        if not self._gone.done():
            self._gone.set_result(None)
        return secured
