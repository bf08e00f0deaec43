"""One SMTP session: it is fed what arrives and tells what to do next; it holds no socket.

It runs one conversation at a time, matches replies to commands in order (RFC 5321 section 4.2),
refuses what nobody asked for, and knows at each moment where it stands. A conversation whose words
went out with the last ones of the one before begins by itself when that ends.
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
from panel.drivers.smtp.habits import Habits
from panel.drivers.smtp.replies import Malformed, ReplyParser
from panel.drivers.trouble import Trouble

NOT_AVAILABLE, CLOSING = 421, 221
MOST_SAID = 5000
"""So much is kept of what a server says, which may not want to come to an end."""

_WAITING = (Say, Deliver)
_INJECTION = Trouble(
    Stage.STARTTLS, Fault.STARTTLS_INJECTION, "Clear text followed the answer to STARTTLS"
)

Step = Request | Ended
Said = Say | Reply | type[Deliver] | type[Secure]
"""A command, an answer with secrets masked, that content went out, that TLS began."""


class Session:
    """The protocol side of one connection.

    Whoever owns the socket calls `start`, `receive`, `resume`, `delivered`, `fail` and `part`, and
    takes the step that comes back; None means that replies are still awaited. After a
    `Secure` or an `AskGate` the owner answers with `resume`.
    """

    is_encrypted = False
    mechanism = ""
    """The SASL mechanism that was tried last."""
    transactions = 0
    """Mail transactions begun so far."""
    replies = 0
    """Replies heard so far, asked for or not."""
    needs_reset = False
    """A transaction was left open: the next one begins with RSET."""
    has_sent_chunks = False
    """The server took a chunk: it does know BDAT."""
    trouble: Trouble | None = None
    """Why nothing more can be said over this connection."""
    scrub: Callable[[Reply], Reply] | None = None
    """Takes secrets out of the replies of servers that repeat what they were told."""

    def __init__(self, *, habits: Habits | None = None) -> None:
        """Waits for the banner; `habits` are those of the server."""
        self.stage = Stage.BANNER
        self.extensions = Extensions()
        self.habits = habits or Habits()
        self.said: list[Said] = []
        """What was said since its owner, or a conversation that was lined up, began this list.
        Kept as it is: putting it into words for every mail would cost time."""
        self._parser = ReplyParser()
        self._early: bytes | None = b""
        self._is_parting = False
        self._conversation: Conversation[object] | None = None
        self._request: Request | None = None
        self._heard: list[Reply] = []
        self._is_out = False
        """All that the present `Deliver` has to write was given away."""
        self._next: Conversation[object] | None = None
        self._is_ahead = False
        """The conversation began by itself, and its owner has not taken it up."""
        self._ahead: Step | None = None
        """What it wants done meanwhile."""

    @property
    def is_idle(self) -> bool:
        """Whether a further conversation can be started, or taken up."""
        return (self._conversation is None or self._is_ahead) and self.trouble is None

    @property
    def may_announce(self) -> bool:
        """Whether the words of the next mail may go out with the end of a content (RFC 2920)."""
        return (
            self.habits.takes_early_commands
            and self.trouble is None
            and self.extensions.offers("PIPELINING")
            and self._parser.is_between_replies
        )

    @property
    def uses_chunks(self) -> bool:
        """Whether content goes out by BDAT (RFC 3030)."""
        return self.extensions.offers("CHUNKING") and self.habits.takes_chunks

    @property
    def is_waiting(self) -> bool:
        """Whether the server has the floor."""
        return isinstance(self._request, _WAITING)

    def line_up(self, conversation: Conversation[object]) -> None:
        """What follows the present conversation; its first words are out already."""
        self._next = conversation

    def start(self, conversation: Conversation[object]) -> Step | None:
        """Begins a conversation, or takes up the one that was lined up.

        A broken session ends it with what broke it.
        """
        if self._is_ahead:
            self._is_ahead = False
            step, self._ahead = self._ahead, None
            return step
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
            is_ahead = self._is_ahead
            taken = self._take(found)
            if taken is None:
                continue
            if is_ahead:
                self._ahead = taken
            else:
                step = taken
        return step

    def resume(self, trouble: Trouble | None) -> Step:
        """The owner did what was asked, or met `trouble`."""
        if isinstance(self._request, Secure):
            self.trouble = self.trouble or trouble
            if self.trouble is None:
                self.secured()
        return self._advance(Heard((), self.trouble or trouble))

    def secured(self) -> None:
        """The connection is encrypted now; all that was learnt before is void (RFC 3207)."""
        if self._early or not self._parser.is_between_replies:
            self.trouble = Trouble(self.stage, Fault.PROTOCOL, "Clear text before the handshake")
        self.is_encrypted = True
        self.said.append(Secure)
        self.extensions = Extensions()

    def delivered(self) -> None:
        """All of a `Deliver` was given away: after the end of the content the server may have
        accepted.
        """
        if isinstance(self._request, Deliver):
            self.stage = self._request.awaits
            self._is_out = True

    def fail(self, fault: Fault, detail: str) -> Step | None:
        """The connection or the time is lost."""
        is_ahead = self._is_ahead
        step = self._stop(Trouble(self.stage, fault, detail))
        if is_ahead and step is not None:
            self._ahead = step
            return None
        return step

    def part(self) -> Say:
        """Says goodbye whatever happened before; `Ended` comes with the answer to it."""
        self.stage = Stage.QUIT
        self._is_parting = True
        self._early = None
        goodbye = Say(b"QUIT\r\n", (Stage.QUIT,))
        self.said.append(goodbye)
        return goodbye

    def _take(self, found: Reply | Malformed) -> Step | None:
        if isinstance(found, Malformed):
            return self._stop(self._unreadable(found))
        self.replies += 1
        reply = self.scrub(found) if self.scrub is not None else found
        if len(self.said) < MOST_SAID:
            self.said.append(reply)
        if self._is_parting:
            return Ended(reply) if reply.code == CLOSING else None
        if reply.code == NOT_AVAILABLE:
            return self._stop(Trouble(self.stage, Fault.REPLY, reply=reply))
        if self._is_out:
            return self._advance(Heard((reply,)))
        if not isinstance(self._request, Say) or (self._is_ahead and self._request.data):
            return self._stop(self._unasked(reply))
        self._heard.append(reply)
        stages, heard = self._request.stages, len(self._heard)
        if heard < len(stages):
            self.stage = stages[heard]
            return None
        return self._advance(Heard(tuple(self._heard)))

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
        self._is_out = False
        self._heard = []
        try:
            request = next(self._conversation) if heard is None else self._conversation.send(heard)
        except StopIteration as end:
            self._conversation = None
            if self._next is not None:
                self._go_ahead(self._next)
            return Ended(end.value)
        return self._adopt(request)

    def _go_ahead(self, conversation: Conversation[object]) -> None:
        """What was lined up begins; the trouble of the one before was counted there."""
        self._conversation, self._next = conversation, None
        self._is_ahead = True
        self.said = []
        if self.trouble is not None:
            self.trouble = Trouble(self.stage, Fault.LOST, "Lost with the mail before")
        self._ahead = self._advance(None)

    def _adopt(self, request: Request) -> Step:
        self._request = request
        self.stage = request.stages[0] if isinstance(request, Say) else request.stage
        if isinstance(request, Secure) and not self._parser.is_between_replies:
            self.trouble = _INJECTION
        if self.trouble is not None:
            return self._advance(Heard((), replace(self.trouble, stage=self.stage)))
        if isinstance(request, Say):
            is_secret = request.shown and request.data
            shown = Say(b"", request.stages, request.shown) if is_secret else request
            self.said.append(shown)
        elif isinstance(request, Deliver):
            self.said.append(Deliver)
        return request
