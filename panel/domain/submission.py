"""A mail as somebody hands it in, and the answer that it was accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.sender_rule import Mailbox


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along; with a `content_id` it is an inline part of the HTML."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything that a mail is made of; nothing in it has been checked."""

    stream: Stream
    to: tuple[Mailbox, ...]
    subject: str
    source: str
    """How it came in: `api`, `cli`, `test`."""
    sender: Mailbox | None = None
    """From; None takes the provider's."""
    cc: tuple[Mailbox, ...] = ()
    bcc: tuple[Mailbox, ...] = ()
    reply_to: tuple[Mailbox, ...] = ()
    text: str | None = None
    html: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()
    send_at: datetime | None = None
    expires_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    partner_id: int | None = None
    application_id: int | None = None


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault of a submission; `field` in dotted form, for example `to.0.email`."""

    field: str
    message: str


class InvalidSubmission(Exception):
    """A mail that cannot be accepted; nothing was stored."""

    def __init__(self, errors: tuple[FieldError, ...]) -> None:
        super().__init__("; ".join(f"{error.field}: {error.message}" for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class AcceptedDelivery:
    """One recipient of an accepted mail."""

    id: int
    recipient: str
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class Accepted:
    """The mail is stored; it counts as accepted once the caller's transaction has committed."""

    message_id: str
    deliveries: tuple[AcceptedDelivery, ...]
