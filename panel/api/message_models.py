"""The JSON of a message: what an application sends, and what it gets back.

The OpenAPI document is made from these models. Only shapes are checked here; what a mail may
hold is checked by the sender, for all ways in alike.
"""

from __future__ import annotations

import binascii
import json
from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
)

from panel.domain.delivery import AttemptStatus, DeliveryState, Stream

MOST_ITEMS = 1000
MOST_METADATA = 16 * 1024
YEAR_S = 366 * 86_400


class Given(BaseModel):
    """Something that an application sends: no other fields, no other types."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, use_attribute_docstrings=True
    )


class Shown(BaseModel):
    """Something that an application gets back."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)


EmailText = Annotated[str, Field(json_schema_extra={"format": "idn-email"})]


_NONE: Any = ()
"""An empty list as a default: pydantic makes a deep copy of a real one for each mail."""
_EMPTY: Any = Field(default_factory=dict, json_schema_extra={"default": {}})


class MailboxGiven(Given):
    """An address with a display name."""

    email: EmailText
    name: str = ""


def _from_text(value: Any) -> Any:
    if isinstance(value, str):
        return {"email": value}
    if isinstance(value, dict):
        return value
    raise ValueError("It must be an address, or an object with email and name.")


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _decoded(value: Any) -> bytes:
    if not isinstance(value, str) or not value.isascii():
        raise ValueError("It must be a string in base64 (RFC 4648).")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except binascii.Error:
        raise ValueError("It is not base64 (RFC 4648), or has line breaks in it.") from None


def _time_text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("It must be a time in ISO 8601, for example 2026-03-02T12:00:00Z.")
    return value


def _small(value: Any) -> Any:
    try:
        size = len(json.dumps(value, allow_nan=False))
    except ValueError:
        raise ValueError("It holds a number that cannot be kept.") from None
    if size > MOST_METADATA:
        raise ValueError(f"It has {size} characters as JSON; {MOST_METADATA} are allowed.")
    return value


Address = Annotated[
    MailboxGiven, BeforeValidator(_from_text, json_schema_input_type=EmailText | MailboxGiven)
]
Addresses = Annotated[list[Address], Field(max_length=MOST_ITEMS)]
Base64 = Annotated[
    bytes,
    BeforeValidator(_decoded),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]
Moment = Annotated[
    AwareDatetime,
    # Not strict: a mail of a batch comes as Python values, where a strict time is no text.
    Field(strict=False),
    BeforeValidator(_time_text, json_schema_input_type=AwareDatetime),
]
Metadata = Annotated[dict[str, JsonValue], BeforeValidator(_small)]


class AttachmentGiven(Given):
    """A file, or with a `content_id` an inline part that the HTML refers to as `cid:…`."""

    filename: str
    content_type: str
    content: Base64 = Field(repr=False)
    content_id: str | None = None


class MessageGiven(Given):
    """A mail to be sent. At least one of `text` and `html` is needed."""

    stream: Stream
    """What kind of mail it is; one of those that the application may use."""
    sender: Address | None = Field(None, alias="from")
    """Without it the provider's own From is used."""
    to: Addresses
    cc: Addresses = _NONE
    bcc: Addresses = _NONE
    """They get the mail and stand nowhere in it."""
    reply_to: Annotated[
        Addresses,
        BeforeValidator(
            _as_list,
            json_schema_input_type=EmailText | MailboxGiven | list[EmailText | MailboxGiven],
        ),
    ] = _NONE
    subject: str
    text: str | None = Field(None, repr=False)
    html: str | None = Field(None, repr=False)
    headers: dict[str, str] = _EMPTY
    """Further headers, one line each; those with a field of their own are refused."""
    attachments: Annotated[list[AttachmentGiven], Field(max_length=MOST_ITEMS)] = _NONE
    send_at: Moment | None = None
    """When to send it, with a zone; at once when that has passed."""
    expires_in: Annotated[int, Field(ge=1, le=YEAR_S)] | None = None
    """Seconds after acceptance, or after `send_at`; what has not left by then never leaves."""
    metadata: Metadata = _EMPTY
    """Anything of your own, at most 16 KB; it is kept with the message and never sent."""


class DeliveryAccepted(Shown):
    """One recipient of an accepted message."""

    id: int
    to: str
    status: DeliveryState


class MessageAccepted(Shown):
    """A message that is stored and will be sent."""

    id: str
    status: DeliveryState
    deliveries: list[DeliveryAccepted]


class AttemptShown(Shown):
    """One try at one provider."""

    number: int
    provider: str
    """Empty where the provider is not the application's to know."""
    status: AttemptStatus
    reply_code: int | None
    enhanced_code: str
    reason: str
    """The row of Postroom's outcome table, for example `greylisted`."""
    reply: str
    """The other side's words."""
    started_at: datetime
    duration_ms: int | None


class DeliveryShown(DeliveryAccepted):
    """One recipient with all tries, first to last."""

    attempts: list[AttemptShown]


class MessageShown(Shown):
    """A message as it stands now."""

    id: str
    status: DeliveryState
    """The sum of its deliveries: what is under way, else what went wrong, else what went well."""
    stream: Stream
    subject: str
    created_at: datetime
    deliveries: list[DeliveryShown]
