"""The commands of a mail transaction up to DATA, worded for what a server offers."""

from __future__ import annotations

from dataclasses import dataclass

from panel.domain.outcome import Fault, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.addresses import wire_address
from panel.drivers.smtp.content import has_bare_line_end
from panel.drivers.smtp.extensions import Extensions
from panel.drivers.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Command:
    """One command; `place` is that of the recipient in the parcel that its reply speaks for."""

    stage: Stage
    line: bytes
    place: int = -1


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is to be said, and why some recipients cannot be named, by their place."""

    mail: Command
    recipients: tuple[Command, ...]
    unnameable: dict[int, Trouble]


def seal(parcel: Parcel, extensions: Extensions) -> Envelope | Trouble:
    """Words a parcel; a `Trouble` when nothing of it can be sent to this server."""
    is_international = extensions.offers("SMTPUTF8")
    recipients: list[Command] = []
    unnameable: dict[int, Trouble] = {}
    for place, recipient in enumerate(parcel.recipients):
        address = wire_address(recipient, Stage.RCPT, is_international=is_international)
        if isinstance(address, Trouble):
            unnameable[place] = address
            continue
        line = b"RCPT TO:<%b>\r\n" % address.encode()
        recipients.append(Command(Stage.RCPT, line, place))
    mail = _mail(parcel, extensions, recipients)
    return mail if isinstance(mail, Trouble) else Envelope(mail, tuple(recipients), unnameable)


def _mail(parcel: Parcel, extensions: Extensions, recipients: list[Command]) -> Command | Trouble:
    sender = _sender(parcel.reverse_path, extensions)
    if isinstance(sender, Trouble):
        return sender
    is_ascii_header = parcel.header.isascii()
    is_seven_bit = is_ascii_header and parcel.body.isascii()
    lines = (sender, *(command.line for command in recipients))
    needs_utf8 = not is_ascii_header or not all(map(bytes.isascii, lines))
    trouble = _unsendable(parcel, extensions, is_seven_bit=is_seven_bit, needs_utf8=needs_utf8)
    if trouble is not None:
        return trouble
    line = b"MAIL FROM:<%b>" % sender
    if extensions.offers("SIZE"):
        line += b" SIZE=%d" % parcel.size
    if not is_seven_bit:
        line += b" BODY=8BITMIME"
    if needs_utf8:
        line += b" SMTPUTF8"
    return Command(Stage.MAIL, line + b"\r\n")


def _sender(reverse_path: str, extensions: Extensions) -> bytes | Trouble:
    """The null reverse-path stands for itself (RFC 5321 section 4.5.5)."""
    if not reverse_path:
        return b""
    is_international = extensions.offers("SMTPUTF8")
    address = wire_address(reverse_path, Stage.MAIL, is_international=is_international)
    return address if isinstance(address, Trouble) else address.encode()


def _unsendable(
    parcel: Parcel, extensions: Extensions, *, is_seven_bit: bool, needs_utf8: bool
) -> Trouble | None:
    """What stands against the message as a whole, before a word is said."""
    if has_bare_line_end(parcel.header) or has_bare_line_end(parcel.body):
        return Trouble(Stage.MAIL, Fault.BUILD, "The message has a CR or LF that stands alone")
    limit = extensions.size_limit
    if limit is not None and parcel.size > limit:
        detail = f"{parcel.size} octets, the server takes {limit}"
        return Trouble(Stage.MAIL, Fault.TOO_LARGE, detail)
    if needs_utf8 and not extensions.offers("SMTPUTF8"):
        return Trouble(Stage.MAIL, Fault.SMTPUTF8_MISSING, "A header field needs SMTPUTF8")
    if not is_seven_bit and not extensions.offers("8BITMIME"):
        return Trouble(Stage.MAIL, Fault.EIGHTBIT_MISSING, "The content has 8-bit bytes")
    return None
