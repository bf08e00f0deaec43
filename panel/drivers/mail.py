"""A mail taken apart for APIs that want its pieces: addresses, subject, texts, files, fields.

Read from the very bytes that the SMTP driver would send; nothing is guessed, nothing repaired.
Who gets it comes from the envelope, who is shown from the header section.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import EmailPolicy
from functools import lru_cache
from typing import Any

from panel.drivers.contract import Parcel

_OWN_FIELDS = frozenset(
    {"from", "to", "cc", "bcc", "reply-to", "subject", "mime-version", "date", "message-id"}
)
"""Fields that APIs have places of their own for, or write themselves."""
_TRACES = frozenset({"return-path", "received", "dkim-signature", "delivered-to"})
_WORD = r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?="
_RUN = re.compile(rf"{_WORD}(?:\s+{_WORD})+")
"""Encoded words whose white space between does not count (RFC 2047 section 6.2)."""
_KEPT_FIELDS = 512
_BETWEEN_LINES = re.compile(r"\r?\n(?=[ \t])")


class CannotCarry(Exception):
    """The mail has something that an API has no place for; the words say what."""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with its display name, which may be empty."""

    email: str
    name: str = ""

    def __str__(self) -> str:
        """As it stands in a header field, in Unicode: `"Ö, Ä" <a@b.example>`."""
        if not self.name:
            return self.email
        quoted = self.name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{self.email}>'


@dataclass(frozen=True, slots=True)
class File:
    """An attachment, or with a `content_id` (no brackets) an inline part of the HTML."""

    name: str
    content_type: str
    """Without parameters, but for the charset of a text."""
    content: bytes = field(repr=False)
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """The pieces. `to`, `cc` and `bcc` together are the envelope, each recipient once."""

    sender: Mailbox
    reply_to: tuple[Mailbox, ...]
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    bcc: tuple[Mailbox, ...]
    subject: str
    text: str | None
    html: str | None
    files: tuple[File, ...]
    headers: tuple[tuple[str, str], ...]
    """The other fields, unfolded and in Unicode, in their order."""
    message_id: str
    """With angle brackets; empty when it has none."""

    @property
    def fields_once(self) -> dict[str, str]:
        """The other fields for APIs that take each name once. Raises CannotCarry."""
        fields = dict(self.headers)
        if len({name.lower() for name in fields}) < len(self.headers):
            raise CannotCarry("It has a header field more than once")
        return fields


class _Policy(EmailPolicy):
    """Reads fields in UTF-8 (RFC 6532), which the standard library takes for unknown octets."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, _RUN.sub(_as_one_word, _repaired(value))

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """Reading a field takes long, and fields are asked for again and again."""
        return _parsed(name, value)


_POLICY = EmailPolicy()
_PARSER = BytesParser(policy=_Policy())


@lru_cache(maxsize=_KEPT_FIELDS)
def _parsed(name: str, value: str) -> Any:
    return _POLICY.header_fetch_parse(name, value)


def read_mail(parcel: Parcel) -> Mail:
    """The pieces of a parcel for its recipients. Raises CannotCarry."""
    try:
        return _read(parcel)
    except CannotCarry:
        raise
    except Exception as error:
        raise CannotCarry(f"It cannot be taken apart ({type(error).__name__})") from error


def _read(parcel: Parcel) -> Mail:
    message = _PARSER.parsebytes(parcel.whole())
    if not isinstance(message, EmailMessage):  # pragma: no cover - the policy says so
        raise TypeError(message)
    senders = _mailboxes(message, "From") or (Mailbox(parcel.reverse_path),)
    if len(senders) > 1:
        raise CannotCarry("It has more than one From")
    to, cc, bcc = _envelope(message, parcel.recipients)
    text, html, files = _content(message)
    return Mail(
        sender=senders[0],
        reply_to=_mailboxes(message, "Reply-To"),
        to=to,
        cc=cc,
        bcc=bcc,
        subject=str(message.get("Subject", "")),
        text=text,
        html=html,
        files=files,
        headers=_other_fields(message),
        message_id=str(message.get("Message-ID", "")).strip(),
    )


def _mailboxes(message: EmailMessage, name: str) -> tuple[Mailbox, ...]:
    found: Iterable[Address] = (
        address
        for value in message.get_all(name, ())
        for address in getattr(value, "addresses", ())
    )
    return tuple(Mailbox(each.addr_spec, each.display_name) for each in found if each.addr_spec)


def _envelope(
    message: EmailMessage, recipients: Sequence[str]
) -> tuple[tuple[Mailbox, ...], tuple[Mailbox, ...], tuple[Mailbox, ...]]:
    """Each recipient at the place where the header section shows it; else hidden."""
    left = {recipient.lower(): recipient for recipient in recipients}
    shown = []
    for name in ("To", "Cc"):
        mailboxes = _mailboxes(message, name)
        named = [(left.pop(_wire(box.email), None), box.name) for box in mailboxes]
        shown.append(tuple(Mailbox(email, name) for email, name in named if email))
    to, cc = shown
    return to, cc, tuple(Mailbox(email) for email in left.values())


def _wire(address: str) -> str:
    """As envelopes have it: the domain in ASCII."""
    local, at, domain = address.rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}".lower()
    except UnicodeError:
        return address.lower()


def _content(message: EmailMessage) -> tuple[str | None, str | None, tuple[File, ...]]:
    """The first text and the first HTML are the body, whatever else there is are files."""
    texts: dict[str, str] = {}
    files: list[File] = []
    for part in _leaves(message):
        kind = part.get_content_type()
        is_file = part.get_content_disposition() == "attachment" or part.get_filename()
        if kind in ("text/plain", "text/html") and kind not in texts and not is_file:
            texts[kind] = _text(part)
        else:
            files.append(_file(part))
    return texts.get("text/plain"), texts.get("text/html"), tuple(files)


def _leaves(part: EmailMessage) -> Iterable[EmailMessage]:
    """The parts that hold content; an attached mail counts as one."""
    kind = part.get_content_type()
    if kind in ("multipart/signed", "multipart/encrypted", "application/pkcs7-mime"):
        raise CannotCarry("A signed or encrypted mail would not stay as it is")
    if kind == "text/calendar" and part.get_param("method"):
        raise CannotCarry("An invitation has to be sent as it is")
    if part.get_content_maintype() != "multipart":
        return (part,)
    inner: Any = part.iter_parts()
    return (leaf for each in inner for leaf in _leaves(each))


def _text(part: EmailMessage) -> str:
    """In Unicode, with LF line ends as JSON texts have them."""
    octets = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    try:
        text = octets.decode(charset) if isinstance(octets, bytes) else ""
    except (LookupError, UnicodeDecodeError):
        raise CannotCarry(f"A text is not in the charset {charset} that it names") from None
    return text.replace("\r\n", "\n")


def _file(part: EmailMessage) -> File:
    kind = part.get_content_type()
    if kind.startswith("message/"):
        inner: Any = part.get_payload()
        octets = inner[0].as_bytes() if isinstance(inner, list) else b""
    else:
        decoded = part.get_payload(decode=True)
        octets = decoded if isinstance(decoded, bytes) else b""
    charset = part.get_content_charset() if kind.startswith("text/") else None
    content_id = str(part.get("Content-ID", "")).strip().strip("<>")
    return File(
        name=part.get_filename() or _name_for(kind, content_id),
        content_type=f"{kind}; charset={charset}" if charset else kind,
        content=octets,
        content_id=content_id,
    )


def _name_for(kind: str, content_id: str) -> str:
    """APIs want a name for every file."""
    ending = kind.rpartition("/")[2].rpartition("+")[0] or kind.rpartition("/")[2]
    return f"{content_id.partition('@')[0] or 'attachment'}.{ending}"


def _other_fields(message: EmailMessage) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name, _BETWEEN_LINES.sub("", str(_parsed(name, value))).strip())
        for name, value in message.raw_items()
        if name.lower() not in _OWN_FIELDS | _TRACES and not name.lower().startswith("content-")
    )


def _as_one_word(run: re.Match[str]) -> str:
    """The library keeps the space between encoded words of a display name; so there is none."""
    text = str(make_header(decode_header(run.group(0))))
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode('ascii')}?="


def _repaired(text: str) -> str:
    return text.encode("ascii", "surrogateescape").decode() if _has_octets(text) else text


def _has_octets(text: str) -> bool:
    """Whether it holds octets that are valid UTF-8 and were kept as surrogates."""
    if text.isascii():
        return False
    try:
        text.encode("ascii", "surrogateescape").decode()
    except UnicodeError:
        return False
    return True
