"""Postmark: JSON to `/email`, a server token in a header, an error code of its own in each refusal.

Sources: postmarkapp.com/developer/api/overview (error codes), …/api/email-api, …/api/server-api.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account
from panel.drivers.description import N_, ExtraSetting
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor, shown_in
from panel.drivers.mail import CannotCarry, File, Mailbox

_STREAM = "message_stream"
_INACTIVE = re.compile(r"inactive addresses: (.+?)(?:\. Inactive|\.?\s*$)", re.IGNORECASE)
"""“Found inactive addresses: a@b.test, c@d.test. Inactive recipients are ones that …”"""
_LARGEST = 10 * 1024 * 1024
"""Of the whole request, files in base64 included (developer/api/email-api, “Attachments”)."""


def request(letter: Letter) -> Request:
    """`POST /email` (developer/api/email-api, “Send a single email”)."""
    mail, account = letter.mail, letter.account
    if not mail.text and not mail.html:
        raise CannotCarry("Postmark takes no mail without a text")
    for box in (mail.sender, *mail.to, *mail.cc, *mail.bcc):
        if not box.email.isascii():
            raise CannotCarry(f"Postmark takes no address like {box.email}")
    fields: dict[str, Any] = {
        "From": str(mail.sender),
        "To": _list(mail.to),
        "Cc": _list(mail.cc),
        "Bcc": _list(mail.bcc),
        "ReplyTo": _list(mail.reply_to),
        "Subject": mail.subject,
        "TextBody": mail.text,
        "HtmlBody": mail.html,
        "Headers": _headers(letter),
        "Attachments": [_file(file) for file in mail.files],
        "MessageStream": account.setting(_STREAM),
    }
    body = as_json({name: value for name, value in fields.items() if value})
    return Request("POST", "/email", _login(account), body)


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"ErrorCode": 0, "Message": "OK", "MessageID": "…"}`; 0 stands for success.

    Where only some recipients are inactive the others are taken, and `Message` names those.
    """
    code, text, reference = answer.texts("ErrorCode", "Message", "MessageID")
    found = _INACTIVE.search(text)
    inactive = shown_in(found.group(1), recipients) if found else ()
    blamed = dict.fromkeys(inactive, "api_recipient_suppressed")
    if code == "300" and "address" in text.lower():
        blamed = dict.fromkeys(shown_in(text, recipients), "api_recipient_refused")
    return Said("" if code == "0" else code, text, reference, blamed)


def _list(boxes: Sequence[Mailbox]) -> str:
    return ", ".join(map(str, boxes))


def _headers(letter: Letter) -> list[dict[str, str]]:
    """Our Message-ID stays the mail's own (support article 1064, “X-PM-KeepID”)."""
    fields = list(letter.mail.headers)
    if letter.mail.message_id:
        fields += [("Message-ID", letter.mail.message_id), ("X-PM-KeepID", "true")]
    return [{"Name": name, "Value": value} for name, value in fields]


def _file(file: File) -> dict[str, str]:
    made = {
        "Name": file.name,
        "Content": base64.b64encode(file.content).decode("ascii"),
        "ContentType": file.content_type,
    }
    return made | ({"ContentID": f"cid:{file.content_id}"} if file.content_id else {})


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (
        ("X-Postmark-Server-Token", account.secret),
        ("Content-Type", "application/json"),
    )


def _site(settings: Mapping[str, str]) -> str:
    del settings
    return "https://api.postmarkapp.com"


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret,)


def _ask_server(account: Account) -> Request:
    return Request("GET", "/server", _login(account))


def _find_server(answer: Answer, account: Account) -> Finding | None:
    """A sandbox server takes mail and delivers none (support article 1219)."""
    del account
    if answer.status != 200:
        return None
    name, kind = answer.texts("Name", "DeliveryType")
    if kind == "Sandbox":
        return Finding(StepStatus.WARNING, f"{name}: a sandbox, it delivers nothing")
    return Finding(StepStatus.OK, name)


def _ask_stream(account: Account) -> Request | None:
    stream = account.setting(_STREAM)
    if not stream:
        return None
    return Request("GET", f"/message-streams/{stream}", _login(account))


def _find_stream(answer: Answer, account: Account) -> Finding | None:
    del account
    (kind,) = answer.texts("MessageStreamType")
    if answer.status in (404, 422):
        return Finding(StepStatus.FAILED, answer.texts("Message")[0], "api_settings_wrong")
    if kind == "Inbound":
        return Finding(StepStatus.FAILED, "A stream for incoming mail", "api_settings_wrong")
    return Finding(StepStatus.OK, kind) if answer.status == 200 else None


VENDOR = Vendor(
    name="postmark",
    label="Postmark",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    settings=(
        ExtraSetting(
            _STREAM,
            N_("Message stream"),
            hint=N_("The ID of a stream of the server. Empty: its default transactional stream."),
            pattern=r"[A-Za-z0-9_-]{1,100}",
        ),
    ),
    largest_size=_LARGEST,
    meanings=(
        Meaning("api_key_refused", names=("10",)),
        Meaning("api_unavailable", names=("100",)),
        Meaning("api_sender_refused", names=("400", "401")),
        Meaning("api_sender_refused", names=("300",), words=("'from'",)),
        Meaning("api_settings_wrong", words=("message stream", "messagestream")),
        Meaning("api_quota_used_up", names=("405",)),
        Meaning("api_recipient_suppressed", names=("406",)),
        Meaning("api_content_refused", names=("411",)),
        Meaning("api_account_stopped", names=("412", "413")),
        Meaning("api_rate_limited", names=("429",)),
        Meaning("api_request_refused", names=("300", "402", "403", "409")),
    ),
    checks=(
        Check("authenticate", _ask_server, _find_server),
        Check("stream", _ask_stream, _find_stream),
    ),
)
