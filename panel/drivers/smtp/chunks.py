"""The content by BDAT (RFC 3030): chunks that name their length, without dots to double.

No chunk but the last can lead to a mail, so the gate is asked before that one. A mail that may not
be handed over after all is taken back by RSET, and the connection stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain

from panel.domain.body import Body
from panel.domain.outcome import Fault, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.content import PORTION, last_line_end, portions
from panel.drivers.smtp.conversation import AskGate, Conversation, Deliver, Heard, refusal
from panel.drivers.smtp.ledger import Ledger
from panel.drivers.smtp.session import Session
from panel.drivers.trouble import Trouble

CHUNK = 1 << 20
"""Octets of the body in one chunk. Each is answered before the next: a refused one is the last."""

_ASK_GATE = AskGate()
_UNKNOWN_COMMAND = frozenset({500, 502, 503})


def hand_over_chunks(
    session: Session, parcel: Parcel, ledger: Ledger, *, sent: int, announce: Callable[[], bytes]
) -> Conversation[None]:
    """What is left of the content after the `sent` octets that the server has."""
    session.has_sent_chunks = True
    *parts, last = chunks(parcel, skip=sent)
    for part in parts:
        heard = yield Deliver(part, b"", awaits=Stage.BODY)
        ledger.trouble = _trouble_of_part(heard)
        if ledger.trouble is not None:
            return
    heard = yield _ASK_GATE
    if heard.trouble is not None:
        ledger.trouble = heard.trouble
        return
    ledger.finish((yield Deliver(last, b"", announce)))
    session.needs_reset = ledger.trouble is not None


def chunks(parcel: Parcel, *, skip: int = 0) -> list[Iterator[bytes]]:
    """BDAT commands with what follows each, for the message without its first octets."""
    body = parcel.body
    head = parcel.header[skip:] + b"\r\n"
    end = last_line_end(body)
    if len(body) <= PORTION:
        command = b"BDAT %d LAST\r\n" % (len(head) + len(body) + len(end))
        return [iter((b"".join((command, head, body[:], end)),))]
    *starts, last = range(0, len(body), CHUNK)
    made = [_part(b"" if at else head, body, at, at + CHUNK) for at in starts]
    rest = _part(b"" if last else head, body, last, len(body), end, mark=b" LAST")
    return [*made, rest]


def is_unknown(trouble: Trouble | None) -> bool:
    """Whether the answer to the first chunk says that BDAT was offered by mistake."""
    return (
        trouble is not None
        and trouble.stage is Stage.DATA
        and trouble.reply is not None
        and trouble.reply.code in _UNKNOWN_COMMAND
    )


def _part(
    head: bytes, body: Body, start: int, stop: int, end: bytes = b"", *, mark: bytes = b""
) -> Iterator[bytes]:
    """The last portion is never empty: when it is written all is out."""
    command = b"BDAT %d%b\r\n" % (len(head) + stop - start + len(end), mark)
    return chain((command + head,), portions(body, start, stop), (end,) if end else ())


def _trouble_of_part(heard: Heard) -> Trouble | None:
    """A refusal counts like that of the whole; silence or nonsense never does."""
    if heard.trouble is not None:
        return heard.trouble
    trouble = refusal(Stage.BODY, heard.replies[0])
    if trouble is None or trouble.fault is not Fault.REPLY:
        return trouble
    return Trouble(Stage.FINAL, Fault.REPLY, reply=trouble.reply)
