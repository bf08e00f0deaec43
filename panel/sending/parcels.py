"""A message made ready for one provider: its From, its envelope, its bytes."""

from __future__ import annotations

import re
from functools import lru_cache

from panel.domain.body import Body
from panel.domain.chain import Candidate
from panel.domain.sender_rule import Mailbox, sender
from panel.drivers.contract import Parcel
from panel.sending.header_field import address_field
from panel.storage.queue.claims import ClaimedMessage

_FIELD = rb"(?im)^%s:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*"
_FROM = re.compile(_FIELD % b"from")
_REPLY_TO = re.compile(_FIELD % b"reply-to")
_KEPT_MAILBOXES = 256


def parcel(
    message: ClaimedMessage,
    recipients: tuple[str, ...],
    candidate: Candidate,
    *,
    fetched: Body | None = None,
) -> Parcel:
    """The mail as this provider gets it: with a From that it may send for.

    A replaced From becomes Reply-To where the mail has none, so that answers still arrive.
    `fetched`: the body of a message that was claimed without it.
    Raises ValueError when the mail cannot be made.
    """
    body = message.body if message.body is not None else fetched
    if body is None:
        raise ValueError("The body of this mail has been removed.")
    chosen = sender(message.from_email, provider_from=candidate.mailbox, domains=candidate.domains)
    header = message.header
    if chosen.is_replaced:
        header = _replace_from(header, candidate.mailbox)
    elif not message.from_email:
        header = _own_from(candidate.mailbox) + header
    return Parcel(
        reverse_path=chosen.mailbox.email,
        recipients=recipients,
        header=header,
        body=body,
    )


@lru_cache(maxsize=_KEPT_MAILBOXES)
def _own_from(mailbox: Mailbox) -> bytes:
    """The same for every mail that leaves with the provider's From."""
    return address_field("From", (mailbox,))


def _replace_from(header: bytes, mailbox: Mailbox) -> bytes:
    found = _FROM.search(header)
    rest = _FROM.sub(b"", header)
    reply_to = b""
    if found is not None and _REPLY_TO.search(rest) is None:
        reply_to = b"Reply-To:" + found.group(0)[len(b"From:") :]
    return _own_from(mailbox) + reply_to + rest
