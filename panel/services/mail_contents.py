"""What a mail says: shown only to those who may read bodies, and each look is in the audit."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.refusals import N_, NotAllowed, NotFound
from panel.storage.database import Session
from panel.storage.queries import messages as queries

LARGEST_SHOWN = 1024 * 1024
"""Characters of a text that are shown; the rest is cut off."""
LARGEST_PICTURES = 4 * 1024 * 1024
"""Octets of pictures that are shown within a text."""
_CID = re.compile(r"cid:([^\"'\s)>]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class File:
    """An attachment, or a picture within the text."""

    name: str
    content_type: str
    size: int
    """Octets, decoded."""


@dataclass(frozen=True, slots=True)
class MailContent:
    """The parts of a mail as far as they can be read; None: there is no such part."""

    message_id: str
    subject: str
    text: str | None
    html: str | None
    """As it was handed in, pictures put in its place: to be shown in a closed frame only."""
    files: tuple[File, ...]
    is_removed: bool = False
    """Its body was removed when its time was over."""


def may_read(actor: Actor) -> bool:
    """Whether the actor may see what mails say."""
    return actor.may(Permission.SEE_MAILING_LOG) and actor.may_read_bodies


def read_content(
    session: Session, actor: Actor, *, message_id: str, part: str, now: datetime
) -> MailContent:
    """The content of a mail; `part` says in the audit what is looked at.

    Raises NotAllowed without the permission, NotFound for what is not there or not the actor's.
    """
    authorise(actor, Permission.SEE_MAILING_LOG)
    found = queries.find_content(session, actor.scope, message_id)
    if found is None:
        raise NotFound
    if not may_read(actor):
        raise NotAllowed(N_("You may not read what mails say. An operator can allow it."))
    record(
        session,
        actor,
        action="message.read",
        subject=f"message:{found.id}",
        after={"part": part},
        partner_id=found.partner_id,
        now=now,
    )
    session.commit()
    if found.body is None:
        return MailContent(found.id, found.subject, None, None, (), is_removed=True)
    return _content(found.id, found.subject, found.header + b"\r\n" + found.body)


def _content(message_id: str, subject: str, whole: bytes) -> MailContent:
    mail = message_from_bytes(whole, policy=policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    shown = {id(part) for part in (text, html) if part is not None}
    rest = [part for part in _leaves(mail) if id(part) not in shown]
    return MailContent(
        message_id,
        subject,
        _text(text) if text is not None else None,
        _with_pictures(_text(html), rest) if html is not None else None,
        tuple(_file(part) for part in rest),
    )


def _leaves(mail: EmailMessage) -> Iterator[MIMEPart]:
    for part in mail.walk():
        if not part.is_multipart() and isinstance(part, MIMEPart):
            yield part


def _text(part: MIMEPart) -> str:
    """Tolerant: a mail with a wrong character set is to be seen all the same."""
    try:
        words = part.get_content()
    except (LookupError, ValueError):
        words = None
    if not isinstance(words, str):
        words = _octets(part).decode("utf-8", "replace")
    return words[:LARGEST_SHOWN]


def _octets(part: MIMEPart) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file(part: MIMEPart) -> File:
    return File(part.get_filename() or "", part.get_content_type(), len(_octets(part)))


def _with_pictures(html: str, parts: list[MIMEPart]) -> str:
    """Pictures that the text names by their content id become part of it (RFC 2392)."""
    pictures: dict[str, str] = {}
    left = LARGEST_PICTURES
    for part in parts:
        name, content = str(part.get("Content-ID", "")).strip().strip("<>"), _octets(part)
        if name and part.get_content_maintype() == "image" and len(content) <= left:
            left -= len(content)
            data = base64.b64encode(content).decode("ascii")
            pictures[name] = f"data:{part.get_content_type()};base64,{data}"
    return _CID.sub(lambda found: pictures.get(found[1], found[0]), html)
