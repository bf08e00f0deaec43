"""One SMTP session: it is fed what arrives and tells what to do next; it holds no socket.

It runs one conversation at a time, matches replies to commands in order (RFC 5321 section 4.2),
refuses what nobody asked for, and knows at each moment where it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.smtp.conversation import (
    Conversation,
    Deliver,
    Ended,
    Heard,
    Request,
    Say,
    Secure,
)
from panel.drivers.smtp.extensions import Extensions
from panel.drivers.smtp.replies import Malformed, ReplyParser
from panel.drivers.trouble import Trouble

NOT_AVAILABLE, CLOSING = 421, 221

_INJECTION = Trouble(
    Stage.STARTTLS, Fault.STARTTLS_INJECTION, "Clear text followed the answer to STARTTLS"
)

Step = Request | Ended
Record = Callable[[str, str], None]
"""Gets who speaks (`C` or `S`) and what is said, secrets masked."""


class Session:
    """The protocol side of one connection.

    Whoever owns the socket calls `start`, `receive`, `resume`, `delivered`, `fail` and `part`, and
    takes the step that comes back; None means that replies are still awaited. After a
    `Secure` or an `AskGate` the owner answers with `resume`.
    """

    def __init__(self, record: Record | None = None) -> None:
        """Waits for the banner; `record` listens in."""
        self.stage = Stage.BANNER
        self.extensions = Extensions()
        self.is_encrypted = False
        self.mechanism = ""
        """The SASL mechanism that was tried last."""
        self.transactions = 0
        """Mail transactions begun so far."""
        self.replies = 0
        """Replies heard so far, asked for or not."""
        self.needs_reset = False
        """A transaction was left open: the next one begins with RSET."""
        self.trouble: Trouble | None = None
        """Why nothing more can be said over this connection."""
        self.scrub: Callable[[Reply], Reply] | None = None
        """Takes secrets out of the replies of servers that repeat what they were told."""
        self._record = record
        self._parser = ReplyParser()
        self._conversation: Conversation[object] | None = None
        self._request: Request | None = None
        self._heard: list[Reply] = []
        self._early: bytes | None = b""
        self._is_parting = False

    @property
    def is_idle(self) -> bool:
        """Whether a further conversation can be started."""
        return self._conversation is None and self.trouble is None

    @property
    def is_waiting(self) -> bool:
        """Whether the server has the floor."""
        return isinstance(self._request, Say | Deliver)

    def start(self, conversation: Conversation[object]) -> Step | None:
        """Begins a conversation; a broken session ends it with what broke it."""
        self._conversation = conversation
        step = self._advance(None)
        early, self._early = self._early, None
        return (self.receive(early) if early else None) or step

    def receive(self, data: bytes) -> Step | None:
        """Takes bytes from the server, in any portions."""
        if self._early is not None:
            self._early += data
            return None
        step: Step | None = None
        for found in self._parser.feed(data):
            step = self._take(found) or step
        return step

    def resume(self, trouble: Trouble | None) -> Step:
        """The owner did what was asked, or met `trouble`."""
        self.trouble = self.trouble or trouble
        if isinstance(self._request, Secure) and self.trouble is None:
            self.secured()
        return self._advance(Heard((), self.trouble))

    def secured(self) -> None:
        """The connection is encrypted now; all that was learnt before is void (RFC 3207)."""
        if self._early or not self._parser.is_between_replies:
            self.trouble = Trouble(self.stage, Fault.PROTOCOL, "Clear text before the handshake")
        self.is_encrypted = True
        self.extensions = Extensions()

    def delivered(self) -> None:
        """The end of the content was given away: from here on the server may have accepted."""
        self.stage = Stage.FINAL

    def fail(self, fault: Fault, detail: str) -> Step | None:
        """The connection or the time is lost."""
        return self._stop(Trouble(self.stage, fault, detail))

    def part(self) -> Say:
        """Says goodbye whatever happened before; `Ended` comes with the answer to it."""
        self.stage = Stage.QUIT
        self._is_parting = True
        self._early = None
        self._note("C", "QUIT")
        return Say(b"QUIT\r\n", (Stage.QUIT,))

    def _take(self, found: Reply | Malformed) -> Step | None:
        if isinstance(found, Malformed):
            return self._stop(self._unreadable(found))
        self.replies += 1
        reply = self.scrub(found) if self.scrub else found
        self._note_reply(reply)
        if self._is_parting:
            return Ended(reply) if reply.code == CLOSING else None
        if reply.code == NOT_AVAILABLE:
            return self._stop(Trouble(self.stage, Fault.REPLY, reply=reply))
        if isinstance(self._request, Say):
            return self._hear(self._request.stages, reply)
        if isinstance(self._request, Deliver) and self.stage is Stage.FINAL:
            return self._hear((Stage.FINAL,), reply)
        return self._stop(self._unasked(reply))

    def _hear(self, stages: tuple[Stage, ...], reply: Reply) -> Step | None:
        heard = self._heard
        heard.append(reply)
        if len(heard) < len(stages):
            self.stage = stages[len(heard)]
            return None
        return self._advance(Heard(tuple(heard)))

    def _unreadable(self, found: Malformed) -> Trouble:
        if isinstance(self._request, Secure):
            return _INJECTION
        return Trouble(self.stage, Fault.PROTOCOL, found.detail)

    def _unasked(self, reply: Reply) -> Trouble:
        """A refusal ahead of time still tells why; anything else would desynchronise us."""
        if isinstance(self._request, Secure):
            return _INJECTION
        if reply.is_positive or reply.is_intermediate:
            return Trouble(self.stage, Fault.PROTOCOL, "An answer that nobody asked for", reply)
        stage = Stage.FINAL if self.stage is Stage.BODY else self.stage
        return Trouble(stage, Fault.REPLY, reply=reply)

    def _stop(self, trouble: Trouble) -> Step | None:
        """Only while replies are awaited it ends the conversation at once; else it is kept."""
        self.trouble = self.trouble or trouble
        if self.is_waiting:
            return self._advance(Heard(tuple(self._heard), self.trouble))
        return None

    def _advance(self, heard: Heard | None) -> Step:
        """Gives the conversation its answer and adopts what it wants next."""
        assert self._conversation is not None  # noqa: S101  # the owner's bug, not the server's
        self._request = None
        self._heard = []
        try:
            request = next(self._conversation) if heard is None else self._conversation.send(heard)
        except StopIteration as end:
            self._conversation = None
            return Ended(end.value)
        return self._adopt(request)

    def _adopt(self, request: Request) -> Step:
        self.stage = _first_stage(request)
        self._request = request
        if isinstance(request, Secure) and not self._parser.is_between_replies:
            self.trouble = _INJECTION
        if self.trouble is not None:
            return self._advance(Heard((), replace(self.trouble, stage=self.stage)))
        if isinstance(request, Say) and request.data:
            self._note("C", request.shown or request.data.decode("utf-8", "replace"))
        return request

    def _note(self, who: str, text: str) -> None:
        if self._record is not None:
            for line in text.splitlines():
                self._record(who, line)

    def _note_reply(self, reply: Reply) -> None:
        if self._record is not None:
            *first, last = reply.lines or ("",)
            for line in first:
                self._record("S", f"{reply.code}-{line}")
            self._record("S", f"{reply.code} {last}")


def _first_stage(request: Request) -> Stage:
    if isinstance(request, Say):
        return request.stages[0]
    return Stage.STARTTLS if isinstance(request, Secure) else Stage.BODY
