"""The commands of a mail transaction up to DATA, worded for what a server offers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from panel.domain.outcome import Fault, Stage
from panel.drivers.contract import Parcel
from panel.drivers.smtp.addresses import wire_address
from panel.drivers.smtp.content import has_bare_line_end
from panel.drivers.smtp.extensions import Extensions
from panel.drivers.trouble import Trouble

_KEPT_SENDERS = 256


@dataclass(slots=True)
class Envelope:
    """What is to be said: command lines with their line ends."""

    mail: bytes
    recipients: list[bytes]
    places: list[int]
    """For each of `recipients` its place in the parcel."""
    unnameable: dict[int, Trouble] = field(default_factory=dict)
    """Why the other recipients cannot be named, by their place."""


def seal(parcel: Parcel, extensions: Extensions) -> Envelope | Trouble:
    """Words a parcel; a `Trouble` when nothing of it can be sent to this server."""
    is_international = extensions.offers("SMTPUTF8")
    envelope = Envelope(b"", [], [])
    for place, recipient in enumerate(parcel.recipients):
        address = wire_address(recipient, Stage.RCPT, is_international=is_international)
        if isinstance(address, Trouble):
            envelope.unnameable[place] = address
            continue
        envelope.recipients.append(b"RCPT TO:<%b>\r\n" % address.encode())
        envelope.places.append(place)
    mail = _mail(parcel, extensions, envelope.recipients)
    if isinstance(mail, Trouble):
        return mail
    envelope.mail = mail
    return envelope


def _mail(parcel: Parcel, extensions: Extensions, recipients: list[bytes]) -> bytes | Trouble:
    is_international = extensions.offers("SMTPUTF8")
    sender = _sender(parcel.reverse_path, is_international=is_international)
    if isinstance(sender, Trouble):
        return sender
    is_ascii_header = parcel.header.isascii()
    is_seven_bit = is_ascii_header and parcel.body.isascii()
    needs_utf8 = not (is_ascii_header and sender.isascii() and all(map(bytes.isascii, recipients)))
    trouble = _unsendable(parcel, extensions, is_seven_bit=is_seven_bit, needs_utf8=needs_utf8)
    if trouble is not None:
        return trouble
    size = b" SIZE=%d" % parcel.size if extensions.offers("SIZE") else b""
    body = b"" if is_seven_bit else b" BODY=8BITMIME"
    return b"MAIL FROM:<%b>%b%b%b\r\n" % (sender, size, body, b" SMTPUTF8" if needs_utf8 else b"")


@lru_cache(maxsize=_KEPT_SENDERS)
def _sender(reverse_path: str, *, is_international: bool) -> bytes | Trouble:
    """The null reverse-path stands for itself (RFC 5321 section 4.5.5)."""
    if not reverse_path:
        return b""
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
