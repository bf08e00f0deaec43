"""One mail transaction as a conversation: MAIL, RCPT, DATA, the content and the answer to it.

With PIPELINING (RFC 2920) everything up to DATA goes out in one write, together with the end of the
content before where that is possible. Each recipient keeps the reply to its own RCPT; the final
reply speaks for those that were accepted. Content by BDAT is in `chunks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from panel.domain.outcome import Fault, Outcome, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.chunks import hand_over_chunks, is_unknown
from panel.drivers.smtp.content import wire_content
from panel.drivers.smtp.conversation import AskGate, Conversation, Deliver, Heard, Say, nothing
from panel.drivers.smtp.envelope import Envelope, seal
from panel.drivers.smtp.ledger import Ledger, judge
from panel.drivers.smtp.offer import Offer, early_offer, offer
from panel.drivers.smtp.session import Session
from panel.drivers.trouble import Trouble

Announce = Callable[[], bytes]
"""Called when the end of a content is written: the commands of the next mail, or nothing."""

_LONE_DOT = Say(b".\r\n", (Stage.FINAL,))
_ASK_GATE = AskGate()
_OUT_OF_SEQUENCE = frozenset({500, 502, 503})
_FAILED = 554
_OUT_OF_STEP = ("synchroni", "pipelin")


@dataclass(slots=True)
class Announcement:
    """The next mail: its commands, and the conversation that hears the answers to them."""

    parcel: Parcel
    commands: bytes
    conversation: Conversation[tuple[Outcome, ...]]


def transaction(
    session: Session, parcel: Parcel, announce: Announce = nothing
) -> Conversation[tuple[Outcome, ...]]:
    """Offers the parcel and hands it over; one outcome per recipient, in their order."""
    envelope = seal(parcel, session.extensions)
    if isinstance(envelope, Trouble):
        return (judge(envelope),) * len(parcel.recipients)
    is_reused = session.transactions > 0
    ledger = Ledger(len(parcel.recipients), envelope, session.habits)
    if envelope.recipients:
        session.transactions += 1
        made = offer(session, envelope, parcel)
        yield from _offer(ledger, made)
        yield from _go_on(session, parcel, ledger, made=made, announce=announce)
    return ledger.outcomes(is_reused=is_reused)


def announcement(session: Session, parcel: Parcel, announce: Announce) -> Announcement | None:
    """To be said together with the end of the content before; None for what would be refused
    before a word is said.
    """
    envelope = seal(parcel, session.extensions)
    if isinstance(envelope, Trouble) or not envelope.recipients:
        return None
    made = early_offer(session, envelope)
    conversation = _announced(session, parcel, envelope, made, announce)
    return Announcement(parcel, made.groups[0].data, conversation)


def _announced(
    session: Session, parcel: Parcel, envelope: Envelope, made: Offer, announce: Announce
) -> Conversation[tuple[Outcome, ...]]:
    """Begins with the answers; what goes wrong before the first of them is the connection's age."""
    session.transactions += 1
    ledger = Ledger(len(parcel.recipients), envelope, session.habits)
    stages = made.groups[0].stages
    heard = yield Say(b"", stages, made.groups[0].data)
    if _is_out_of_sequence(heard) and session.needs_reset:
        # To the server the mail before, whose content it refused, is not over yet.
        made = offer(session, envelope, parcel)
        yield from _offer(ledger, made)
    elif _is_out_of_sequence(heard):
        session.habits.takes_early_commands = False
        ledger.trouble = _give_up(session, Stage.MAIL, "It does not bear commands ahead of time")
        return ledger.outcomes(is_reused=True)
    else:
        ledger.book(stages, heard, ready=made.ready)
    yield from _go_on(session, parcel, ledger, made=made, announce=announce)
    return ledger.outcomes(is_reused=True)


def _offer(ledger: Ledger, made: Offer) -> Conversation[None]:
    """Everything before the content, as far as it makes sense."""
    for group in made.groups:
        if group.stages[-1] is Stage.DATA and not ledger.has_recipients:
            return
        ledger.book(group.stages, (yield group), ready=made.ready)
        if ledger.trouble is not None:
            return


def _go_on(
    session: Session, parcel: Parcel, ledger: Ledger, *, made: Offer, announce: Announce
) -> Conversation[None]:
    """The content, if the server waits for it and somebody is to get it."""
    trouble = ledger.trouble
    # A transaction that was begun and not finished must not leak into the next one.
    session.needs_reset = trouble is None or trouble.stage is not Stage.MAIL
    if trouble is not None:
        if made.sent and is_unknown(trouble) and ledger.has_recipients:
            session.habits.takes_chunks = False
            ledger.trouble = _give_up(session, Stage.RESET, "It offers CHUNKING and knows no BDAT")
        _drop_if_out_of_step(session, ledger, trouble)
    elif made.uses_chunks:
        if ledger.has_recipients:
            yield from hand_over_chunks(session, parcel, ledger, sent=made.sent, announce=announce)
    elif ledger.is_ready:
        yield from _hand_over(session, parcel, ledger, announce)
    if ledger.trouble is not None and ledger.trouble.fault is Fault.PROTOCOL:
        session.trouble = session.trouble or ledger.trouble


def _hand_over(
    session: Session, parcel: Parcel, ledger: Ledger, announce: Announce
) -> Conversation[None]:
    """The content after a 354."""
    if not ledger.has_recipients:
        # RFC 2920 section 3.1: the 354 came although every RCPT was refused.
        yield _LONE_DOT
        session.needs_reset = False
        return
    heard = yield _ASK_GATE
    if heard.trouble is None:
        heard = yield Deliver(wire_content(parcel), then=announce)
    else:
        # Whatever is said now is content; only silence is none.
        session.trouble = session.trouble or heard.trouble
    ledger.finish(heard)
    session.needs_reset = False


def _drop_if_out_of_step(session: Session, ledger: Ledger, trouble: Trouble) -> None:
    """A server that waits for content after a refusal, answers at random, or cannot be reset."""
    is_lost = trouble.fault is Fault.PROTOCOL or trouble.stage is Stage.RESET
    if is_lost or ledger.is_ready:
        session.trouble = session.trouble or trouble


def _is_out_of_sequence(heard: Heard) -> bool:
    """Whether the server lost or disliked what came before it had answered the mail before.

    The mail is offered again, over another connection and in its own time: so a mere suspicion
    costs little.
    """
    if not heard.replies:
        return heard.trouble is not None and heard.trouble.fault is Fault.TIMEOUT
    first = heard.replies[0]
    if first.code == _FAILED:
        return any(word in first.text.lower() for word in _OUT_OF_STEP)
    return first.code in _OUT_OF_SEQUENCE


def _give_up(session: Session, stage: Stage, detail: str) -> Trouble:
    """The connection is of no use any more, and the mail none the worse."""
    trouble = Trouble(stage, Fault.LOST, detail)
    session.trouble = session.trouble or trouble
    return trouble
