"""One mail transaction as a conversation: MAIL, RCPT, DATA, the content and the answer to it.

With PIPELINING (RFC 2920) everything up to DATA goes out in one write. Each recipient keeps the
reply to its own RCPT; the final reply speaks for those that were accepted.
"""

from __future__ import annotations

from panel.domain.outcome import Fault, Outcome, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.content import wire_content
from panel.drivers.smtp.conversation import AskGate, Conversation, Deliver, Say
from panel.drivers.smtp.envelope import Command, Envelope, seal
from panel.drivers.smtp.ledger import Ledger, judge
from panel.drivers.smtp.session import Session
from panel.drivers.trouble import Trouble

_RESET = Command(Stage.RESET, b"RSET\r\n")
_DATA = Command(Stage.DATA, b"DATA\r\n")
_LONE_DOT = Say(b".\r\n", (Stage.FINAL,))


def transaction(session: Session, parcel: Parcel) -> Conversation[tuple[Outcome, ...]]:
    """Offers the parcel and hands it over; one outcome per recipient, in their order."""
    is_reused = session.transactions > 0
    envelope = seal(parcel, session.extensions)
    if isinstance(envelope, Trouble):
        return (judge(envelope),) * len(parcel.recipients)
    ledger = Ledger(len(parcel.recipients), envelope.unnameable)
    if envelope.recipients:
        session.transactions += 1
        yield from _offer(session, envelope, ledger)
        yield from _hand_over(session, parcel, ledger)
    return ledger.outcomes(is_reused=is_reused)


def _offer(session: Session, envelope: Envelope, ledger: Ledger) -> Conversation[None]:
    """Everything before the content."""
    for group in _groups(session, envelope):
        if group[-1] is _DATA and not ledger.has_recipients:
            break
        stages = tuple(command.stage for command in group)
        heard = yield Say(b"".join(command.line for command in group), stages)
        ledger.book(group, heard)
        if ledger.trouble is not None:
            break
    # A transaction that was begun and not finished must not leak into the next one.
    is_begun = ledger.trouble is None or ledger.trouble.stage is not Stage.MAIL
    session.needs_reset = is_begun


def _groups(session: Session, envelope: Envelope) -> list[tuple[Command, ...]]:
    """The commands that go out together: all of them, or each by itself."""
    start = (_RESET, envelope.mail) if session.needs_reset else (envelope.mail,)
    commands = (*start, *envelope.recipients, _DATA)
    if session.extensions.offers("PIPELINING"):
        return [commands]
    return [(command,) for command in commands]


def _hand_over(session: Session, parcel: Parcel, ledger: Ledger) -> Conversation[None]:
    """The content, if the server waits for it and somebody is to get it."""
    if ledger.trouble is not None:
        _drop_if_out_of_step(session, ledger, ledger.trouble)
        return
    if not ledger.is_ready:
        return
    if not ledger.has_recipients:
        # RFC 2920 section 3.1: the 354 came although every RCPT was refused.
        yield _LONE_DOT
        session.needs_reset = False
        return
    content = wire_content(parcel)
    heard = yield AskGate()
    if heard.trouble is None:
        heard = yield Deliver(content)
    ledger.finish(heard)
    session.needs_reset = False
    if ledger.trouble is not None and ledger.trouble.fault is Fault.PROTOCOL:
        session.trouble = ledger.trouble


def _drop_if_out_of_step(session: Session, ledger: Ledger, trouble: Trouble) -> None:
    """A server that waits for content after a refusal, answers at random, or cannot be reset."""
    is_lost = trouble.fault is Fault.PROTOCOL or trouble.stage is Stage.RESET
    if is_lost or ledger.is_ready:
        session.trouble = session.trouble or trouble
