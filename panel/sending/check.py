"""Says what is wrong with a submission. What is wrong is refused, never repaired."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Attachment, FieldError, Submission
from panel.sending.address import address_fault
from panel.sending.header_field import LONGEST_LINE
from panel.sending.mime import is_seven_bit, with_crlf

MAX_RECIPIENTS = 1000
MAX_OCTETS = 25 * 1024 * 1024
"""Text, HTML and files together, before they are encoded."""
MAX_HEADERS = 100
MAX_SUBJECT = 1000
MAX_NAME = 255
MAX_HEADER_VALUE = 8000
FURTHEST = timedelta(days=366)
"""How far ahead `send_at` and `expires_at` may lie."""

RESERVED = frozenset(
    {
        "from",
        "sender",
        "reply-to",
        "to",
        "cc",
        "bcc",
        "subject",
        "date",
        "message-id",
        "mime-version",
        "return-path",
        "received",
    }
)
RESERVED_BEGINNINGS = ("content-", "dkim-", "x-postroom-", "resent-", "arc-")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BROKEN_TEXT = re.compile(r"[\x00\ud800-\udfff]")
_HEADER_NAME = re.compile(r"[!-9;-~]{1,76}")
_TOKEN = r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]+"
_CONTENT_TYPE = re.compile(rf'{_TOKEN}/{_TOKEN}(?:; ?{_TOKEN}=(?:{_TOKEN}|"[ !#-\[\]-~]*"))*')
_CONTENT_ID = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.@-]{1,200}")


def check(submission: Submission, *, now: datetime) -> tuple[FieldError, ...]:
    """Every fault of the submission, in the order of its fields; empty when it can be accepted."""
    return (
        *_recipients(submission),
        *_mailboxes(submission),
        *_line("subject", submission.subject, longest=MAX_SUBJECT),
        *_content(submission),
        *_headers(submission.headers),
        *_attachments(submission),
        *_times(submission, now),
    )


def _recipients(submission: Submission) -> Iterator[FieldError]:
    count = len(submission.to) + len(submission.cc) + len(submission.bcc)
    if count == 0:
        yield FieldError("to", "There is no recipient. Name at least one.")
    if count > MAX_RECIPIENTS:
        message = f"There are {count} recipients in to, cc and bcc; {MAX_RECIPIENTS} are allowed."
        yield FieldError("to", message)


def _mailboxes(submission: Submission) -> Iterator[FieldError]:
    if submission.sender is not None:
        yield from _mailbox("from", submission.sender)
    for name in ("to", "cc", "bcc", "reply_to"):
        mailboxes: Iterable[Mailbox] = getattr(submission, name)
        for index, mailbox in enumerate(mailboxes):
            yield from _mailbox(f"{name}.{index}", mailbox)


def _mailbox(field: str, mailbox: Mailbox) -> Iterator[FieldError]:
    fault = address_fault(mailbox.email)
    if fault is not None:
        yield FieldError(f"{field}.email", fault)
    if mailbox.name:
        yield from _line(f"{field}.name", mailbox.name, longest=MAX_NAME)


def _line(field: str, value: str, *, longest: int) -> Iterator[FieldError]:
    """What must fit into a header field: one line, and no longer than it may be."""
    # Nearly every line is plain; asking that first is quicker than to look for what is not.
    found = None if value.isascii() and value.isprintable() else _UNSAFE.search(value)
    if found is not None:
        character = f"U+{ord(found.group()):04X}"
        yield FieldError(field, f"It holds a control character ({character}). Take it out.")
    if len(value) > longest:
        yield FieldError(field, f"It has {len(value)} characters; {longest} are allowed.")


def _content(submission: Submission) -> Iterator[FieldError]:
    texts = {"text": submission.text, "html": submission.html}
    if all(value is None for value in texts.values()):
        yield FieldError("text", "There is neither text nor html. Give at least one of them.")
    for field, value in texts.items():
        if value is not None and _is_broken(value):
            message = "It holds a character that no text may have (NUL or half a surrogate pair)."
            yield FieldError(field, message)
    size = sum(_octets(value) for value in texts.values() if value)
    size += sum(len(file.content) for file in submission.attachments)
    if size > MAX_OCTETS:
        message = f"Text, HTML and attachments have {size} octets; {MAX_OCTETS} are allowed."
        yield FieldError("attachments" if submission.attachments else "text", message)


def _octets(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def _is_broken(text: str) -> bool:
    # A plain text has no surrogates, and a single character is found much faster than a class.
    return "\0" in text if text.isascii() else _BROKEN_TEXT.search(text) is not None


def _headers(headers: tuple[tuple[str, str], ...]) -> Iterator[FieldError]:
    if len(headers) > MAX_HEADERS:
        yield FieldError("headers", f"There are {len(headers)}; {MAX_HEADERS} are allowed.")
    for name, value in headers:
        yield from _header(name, value)


def _header(name: str, value: str) -> Iterator[FieldError]:
    field = f"headers.{name}"
    if not _HEADER_NAME.fullmatch(name):
        message = "has other characters than ASCII letters, digits and signs, or over 76 of them"
        yield FieldError("headers", f"The header name {name[:80]!a} is empty or {message}.")
        return
    if name.lower() in RESERVED or name.lower().startswith(RESERVED_BEGINNINGS):
        yield FieldError(field, "This header is set by Postroom or by a field of its own.")
    yield from _line(field, value, longest=MAX_HEADER_VALUE)
    longest = max(map(len, value.split(" ")))
    if value.isascii() and len(name) + len(": ") + longest > LONGEST_LINE:
        message = f"A word of it makes a line of more than {LONGEST_LINE} characters."
        yield FieldError(field, message)


def _attachments(submission: Submission) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, file in enumerate(submission.attachments):
        yield from _attachment(f"attachments.{index}", file)
        if file.content_id and submission.html is None:
            message = "An inline part needs html that refers to it."
            yield FieldError(f"attachments.{index}.content_id", message)
        if file.content_id and file.content_id in seen:
            message = "Another attachment has this content_id already."
            yield FieldError(f"attachments.{index}.content_id", message)
        seen.add(file.content_id)


def _attachment(field: str, file: Attachment) -> Iterator[FieldError]:
    if not file.filename.strip() and not file.content_id:
        yield FieldError(f"{field}.filename", "The attachment has no file name.")
    yield from _line(f"{field}.filename", file.filename, longest=MAX_NAME)
    kind = file.content_type
    if not _CONTENT_TYPE.fullmatch(kind) or len(kind) > MAX_NAME:
        yield FieldError(f"{field}.content_type", "It must be like application/pdf.")
    elif kind.lower().startswith("multipart/"):
        yield FieldError(f"{field}.content_type", "A multipart cannot be attached as a file.")
    elif kind.lower().startswith("message/") and not is_seven_bit(with_crlf(file.content)):
        message = "A message that is not plain ASCII must go as application/octet-stream."
        yield FieldError(f"{field}.content_type", message)
    if file.content_id and not _CONTENT_ID.fullmatch(file.content_id):
        message = "It may have letters, digits and the signs . _ - @, and no brackets or spaces."
        yield FieldError(f"{field}.content_id", message)


def _times(submission: Submission, now: datetime) -> Iterator[FieldError]:
    send_at, expires_at = submission.send_at, submission.expires_at
    for field, moment in (("send_at", send_at), ("expires_at", expires_at)):
        if moment is not None and moment.tzinfo is None:
            yield FieldError(field, "The time has no zone, such as +03:00 or Z.")
            return
        if moment is not None and moment - now > FURTHEST:
            yield FieldError(field, f"It lies more than {FURTHEST.days} days ahead.")
    if expires_at is not None and expires_at <= max(now, send_at or now):
        yield FieldError("expires_at", "The mail would expire before it could be sent.")
