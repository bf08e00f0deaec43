"""The templates of a gateway: which placeholders there are, and what of a mail they get."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from panel.drivers.http.template import Texts, filled, read_template, words_of
from panel.drivers.http.vendor import Letter
from panel.drivers.mail import CannotCarry, File, Mail, Mailbox

_PERSON = frozenset({"email", "name"})
_GROUPS = {
    "to": _PERSON,
    "cc": _PERSON,
    "bcc": _PERSON,
    "recipients": _PERSON,
    "reply_to": _PERSON,
    "header": frozenset({"name", "value"}),
    "file": frozenset({"name", "type", "content", "content_id"}),
}
_PEOPLE = ("to", "cc", "bcc", "recipients", "reply_to")
_WORDS = frozenset(
    {"from", "from_email", "from_name", "subject", "text", "html", "message_id", "key", *_PEOPLE}
)
_LOGIN_WORDS = frozenset({"secret", "basic", "username", "key", "message_id"})
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_RESERVED = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_SENSITIVE = re.compile(r"auth|cookie|key|pass|secret|token", re.IGNORECASE)


def read_body(text: str) -> dict[str, Any]:
    """The template of the body. Raises ValueError; it has to say who sends to whom."""
    template = read_template(text, words=_WORDS, groups=_GROUPS)
    words = words_of(template)
    if not words & {"from", "from_email"} or not words & {*_places("to"), *_places("recipients")}:
        raise ValueError("nobody")
    return template


def read_headers(text: str) -> dict[str, Any]:
    """The header fields as names with templates. Raises ValueError; the key has to be in one."""
    template = read_template(text, words=_LOGIN_WORDS, groups={})
    for name, value in template.items():
        if not isinstance(value, str) or not _TOKEN.fullmatch(name) or not _is_writable(value):
            raise ValueError(name)
        if name.lower() in _RESERVED or (_SENSITIVE.search(name) and not words_of(value)):
            raise ValueError(name)
    if len({name.lower() for name in template}) < len(template):
        raise ValueError("twice")
    if not words_of(template) & {"secret", "basic"}:
        raise ValueError("no key")
    return template


def fill_body(letter: Letter, text: str) -> Any:
    """The body for a mail, as a value. Raises CannotCarry for what it has no place for."""
    mail = letter.mail
    template = read_body(text)
    if missing := _missing(mail, words_of(template)):
        raise CannotCarry(f"The template of the body has no place for {missing}")
    recipients = (*mail.to, *mail.cc, *mail.bcc)
    people = dict(
        zip(_PEOPLE, (mail.to, mail.cc, mail.bcc, recipients, mail.reply_to), strict=True)
    )
    texts = {
        "from": str(mail.sender),
        "from_email": mail.sender.email,
        "from_name": mail.sender.name,
        "subject": mail.subject,
        "text": mail.text or "",
        "html": mail.html or "",
        "message_id": mail.message_id,
        "key": letter.key,
        **{name: ", ".join(map(str, boxes)) for name, boxes in people.items()},
    }
    groups: dict[str, list[Texts]] = {
        **{name: _members(name, map(_person, boxes)) for name, boxes in people.items()},
        "header": _members("header", ({"name": n, "value": v} for n, v in mail.headers)),
        "file": _members("file", map(_file, mail.files)),
    }
    return filled(template, texts, groups)


def fill_headers(text: str, texts: Texts) -> tuple[tuple[str, str], ...]:
    """The header fields. Raises CannotCarry where a value would be more than one field."""
    made = filled(read_headers(text), texts, {})
    for name, value in made.items():
        if not _is_writable(value):
            raise CannotCarry(f"The header field {name} cannot be written down")
    return tuple(made.items())


def _missing(mail: Mail, words: frozenset[str]) -> str:
    """What of a mail a template has no place for; who is copied may stand with the recipients."""
    wanted: tuple[tuple[object, str, set[str]], ...] = (
        (mail.sender.name, "a name of the sender", {"from", "from_name"}),
        (mail.to, "To", _places("to", "recipients")),
        (mail.cc, "Cc", _places("cc", "recipients")),
        (mail.bcc, "hidden recipients", _places("bcc", "recipients")),
        (mail.reply_to, "Reply-To", _places("reply_to")),
        (mail.subject, "a subject", {"subject"}),
        (mail.text, "a plain text", {"text"}),
        (mail.html, "HTML", {"html"}),
        (mail.files, "files", {"file.content"}),
        (any(file.content_id for file in mail.files), "inline files", {"file.content_id"}),
        (mail.headers, "header fields of its own", {"header.value"}),
    )
    return next((name for has, name, places in wanted if has and not words & places), "")


def _places(*names: str) -> set[str]:
    return {*names, *(f"{name}.email" for name in names)}


def _members(group: str, members: Iterable[Mapping[str, str]]) -> list[Texts]:
    return [{f"{group}.{name}": text for name, text in each.items()} for each in members]


def _person(box: Mailbox) -> dict[str, str]:
    return {"email": box.email, "name": box.name}


def _file(file: File) -> dict[str, str]:
    return {
        "name": file.name,
        "type": file.content_type,
        "content": base64.b64encode(file.content).decode("ascii"),
        "content_id": file.content_id,
    }


def _is_writable(value: str) -> bool:
    """Whether it is one line of printable Latin-1 (RFC 9110 section 5.5)."""
    return value.isprintable() and value == value.strip() and all(ord(c) < 256 for c in value)
