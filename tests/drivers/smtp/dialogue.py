"""A session driven by hand: what it writes is kept, what the server says is fed to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.contract import Parcel
from panel.drivers.smtp.conversation import AskGate, Conversation, Deliver, Ended, Say, Secure
from panel.drivers.smtp.extensions import Extensions
from panel.drivers.smtp.session import Session, Step
from panel.drivers.smtp.transaction import announcement, transaction
from panel.drivers.trouble import Trouble

OFFERED = ("PIPELINING", "SIZE 1000000", "8BITMIME", "SMTPUTF8")
LOST = Trouble(Stage.BODY, Fault.LEASE_LOST)


def a_parcel(*recipients: str, **fields: object) -> Parcel:
    """A short mail to `recipients`."""
    values: dict[str, object] = {
        "reverse_path": "me@example.org",
        "recipients": recipients or ("kim@example.net",),
        "header": b"Subject: Hello\r\n",
        "body": b"Good day.\r\n",
    }
    return Parcel(**(values | fields))  # type: ignore[arg-type]


@dataclass
class Dialogue:
    """A session past its opening, unless `is_open` is False."""

    offered: tuple[str, ...] = OFFERED
    is_open: bool = True
    gate: Trouble | None = None
    session: Session = field(default_factory=Session)
    written: bytes = b""
    result: object = None
    is_over: bool = False
    gates: int = 0
    is_gate_slow: bool = False
    """The gate is answered by `answer_gate` only."""
    is_asked: bool = False
    announced: Conversation[object] | None = None

    def __post_init__(self) -> None:
        """Skips the banner and EHLO."""
        if self.is_open:
            self.session.extensions = Extensions.read(Reply(250, ("fake", *self.offered)))
            self.session.start(_nothing())

    def begin(self, conversation: Conversation[object]) -> Dialogue:
        """Starts a conversation."""
        self.written, self.result, self.is_over = b"", None, False
        self._take(self.session.start(conversation))
        return self

    def send(self, parcel: Parcel, *upcoming: Parcel) -> Dialogue:
        """Starts a transaction; `upcoming` are announced one after another."""
        return self.begin(transaction(self.session, parcel, lambda: self._announce(*upcoming)))

    def take_up(self) -> Dialogue:
        """Goes on with what was announced."""
        assert self.announced is not None
        announced, self.announced = self.announced, None
        return self.begin(announced)

    def answer_gate(self) -> Dialogue:
        """The slow gate answers, if it was asked."""
        if self.is_asked:
            self.is_asked = False
            self._take(self.session.resume(self.gate))
        return self

    def hear(self, *lines: str, end: str = "\r\n") -> Dialogue:
        """The server says these lines."""
        return self.feed("".join(line + end for line in lines).encode())

    def feed(self, data: bytes) -> Dialogue:
        """The server sends these bytes."""
        self._take(self.session.receive(data))
        return self

    def fail(self, fault: Fault) -> Dialogue:
        """The connection or the time is lost."""
        self._take(self.session.fail(fault, "gone"))
        return self

    def _take(self, step: Step | None) -> None:
        while step is not None:
            step = self._do(step)

    def _do(self, step: Step) -> Step | None:
        if isinstance(step, Ended):
            self.result, self.is_over = step.result, True
        elif isinstance(step, Say):
            self.written += step.data
        elif isinstance(step, Deliver):
            self.written += b"".join((*step.content, step.end, step.then()))
            self.session.delivered()
        elif isinstance(step, Secure):
            return self.session.resume(None)
        elif isinstance(step, AskGate):
            self.gates += 1
            self.is_asked = self.is_gate_slow
            return None if self.is_asked else self.session.resume(self.gate)
        return None

    def _announce(self, *upcoming: Parcel) -> bytes:
        if not (upcoming and self.session.may_announce):
            return b""
        following = upcoming[1:]
        made = announcement(self.session, upcoming[0], lambda: self._announce(*following))
        if made is None:
            return b""
        self.announced = made.conversation
        self.session.line_up(made.conversation)
        return made.commands


def _nothing() -> Conversation[object]:
    """A conversation of no words: it ends the wait for the banner."""
    return None
    yield  # makes it a generator
