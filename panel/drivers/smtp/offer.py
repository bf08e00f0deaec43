"""Which commands of a mail transaction go out together, and how its content is going to follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from panel.domain.outcome import Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.conversation import Say
from panel.drivers.smtp.envelope import Envelope
from panel.drivers.smtp.session import Session

_RESET, _DATA = b"RSET\r\n", b"DATA\r\n"
_KEPT_SHAPES = 256


@dataclass(slots=True)
class Offer:
    """All that is said before the content."""

    groups: list[Say]
    uses_chunks: bool = False
    ready: int = 3
    """First digit of the answer that lets the content go: 354 to DATA, 250 to a first chunk."""
    sent: int = 0
    """Octets of the content that went along."""


def offer(session: Session, envelope: Envelope, parcel: Parcel) -> Offer:
    """For a server that listens: in one group with PIPELINING, else each command by itself."""
    uses_chunks = session.uses_chunks and bool(parcel.header)
    last = _last_line(session, parcel, uses_chunks=uses_chunks)
    lines = [envelope.mail, *envelope.recipients]
    if session.needs_reset:
        lines.insert(0, _RESET)
    if last:
        lines.append(last)
    stages = _stages(len(envelope.recipients), has_reset=session.needs_reset, has_data=bool(last))
    made = Offer(_groups(session, lines, stages), uses_chunks)
    if uses_chunks and last:
        made.ready, made.sent = 2, 1
    return made


def early_offer(session: Session, envelope: Envelope) -> Offer:
    """For a server that is still taking the mail before: one group, without a reset.

    That mail is over with its answer; where a refused BDAT leaves that open (RFC 3030 section 3),
    a server that thinks otherwise refuses MAIL. Exim counts resets and ends the connection.
    """
    uses_chunks = session.has_sent_chunks
    last = () if uses_chunks else (_DATA,)
    stages = _stages(len(envelope.recipients), has_reset=False, has_data=not uses_chunks)
    return Offer([Say(b"".join((envelope.mail, *envelope.recipients, *last)), stages)], uses_chunks)


def _last_line(session: Session, parcel: Parcel, *, uses_chunks: bool) -> bytes:
    """DATA, or the first chunk over a connection, or nothing.

    That first chunk is one octet long: a server that offers CHUNKING without knowing BDAT would
    take content for commands, and a lone letter is none.
    """
    if not uses_chunks:
        return _DATA
    return b"" if session.has_sent_chunks else b"BDAT 1\r\n" + parcel.header[:1]


def _groups(session: Session, lines: list[bytes], stages: tuple[Stage, ...]) -> list[Say]:
    if session.extensions.offers("PIPELINING"):
        return [Say(b"".join(lines), stages)]
    return [Say(line, (stage,)) for line, stage in zip(lines, stages, strict=True)]


@lru_cache(maxsize=_KEPT_SHAPES)
def _stages(recipients: int, *, has_reset: bool, has_data: bool) -> tuple[Stage, ...]:
    start = (Stage.RESET, Stage.MAIL) if has_reset else (Stage.MAIL,)
    return (*start, *(Stage.RCPT,) * recipients, *((Stage.DATA,) if has_data else ()))
