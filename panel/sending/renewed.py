"""A new mail with the content of an earlier one: new names and a new date, all else as it was."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

from panel.domain.delivery import POLICIES, Stream
from panel.domain.identifier import ulid
from panel.domain.resend import SOURCE
from panel.sending.header_field import fixed_field
from panel.sending.submit import store
from panel.storage.database import Session
from panel.storage.queue.intake import NewMessage

_OWN_FIELDS = re.compile(rb"(?im)^(?:date|message-id):[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*")
_HOST = re.compile(r"@([^@<>\s]+)>?$")


@dataclass(frozen=True, slots=True)
class Original:
    """What of the earlier mail goes into the new one."""

    partner_id: int | None
    application_id: int | None
    stream: Stream
    rfc_message_id: str
    subject: str
    from_email: str
    header: bytes = field(repr=False)
    body: bytes = field(repr=False)
    details: dict[str, Any] = field(repr=False)


def renew(original: Original, *, recipient: str, now: datetime) -> NewMessage:
    """The new mail, for one recipient and due at once; it lives as long as its stream says."""
    identifier = ulid(now, secrets.token_bytes(10))
    host = _HOST.search(original.rfc_message_id)
    rfc_message_id = f"<{identifier}@{host[1] if host else 'postroom.local'}>"
    header = _OWN_FIELDS.sub(b"", original.header)
    header += fixed_field("Date", format_datetime(now)) + fixed_field("Message-ID", rfc_message_id)
    return NewMessage(
        id=identifier,
        partner_id=original.partner_id,
        application_id=original.application_id,
        source=SOURCE,
        stream=original.stream,
        rfc_message_id=rfc_message_id,
        subject=original.subject,
        from_email=original.from_email,
        header=header,
        body=original.body,
        content_digest=hashlib.sha256(original.body).digest(),
        size=len(header) + 2 + len(original.body),
        details=original.details,
        recipients=(recipient,),
        created_at=now,
        due_at=now,
        expires_at=now + POLICIES[original.stream].expires_after,
        has_own_end=False,
    )


def send_renewed(session: Session, message: NewMessage, *, now: datetime) -> str:
    """Takes the new mail in; its id. The caller commits."""
    store(session.connection(), [message], now=now)
    return message.id
