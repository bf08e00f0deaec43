"""Resend: JSON to `/emails`, a bearer key, an idempotency key for each mail.

Sources: Resend's OpenAPI description, resend.com/docs/api-reference/errors (names and texts),
…/docs/dashboard/emails/idempotency-keys (kept for 24 hours), …/docs/api-reference/rate-limit.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor, shown_in
from panel.drivers.mail import CannotCarry, File, Mailbox

_LARGEST = 40 * 1024 * 1024
"""Of a mail, files in base64 included (docs/dashboard/emails/attachments)."""
_NO_TAG = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_TAG = 256


def request(letter: Letter) -> Request:
    """`POST /emails`; the key makes it safe to repeat."""
    mail = letter.mail
    if mail.text is None and mail.html is None:
        raise CannotCarry("Resend takes no mail without a text")
    fields: dict[str, Any] = {
        "from": str(mail.sender),
        "to": _list(mail.to),
        "cc": _list(mail.cc),
        "bcc": _list(mail.bcc),
        "reply_to": _list(mail.reply_to),
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "headers": mail.fields_once,
        "attachments": [_file(file) for file in mail.files],
        "tags": _tags(mail.message_id),
    }
    needed = {"from", "to", "subject"}
    body = as_json({name: value for name, value in fields.items() if value or name in needed})
    headers = (*_login(letter.account), ("Idempotency-Key", letter.key))
    return Request("POST", "/emails", headers, body)


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"id": "…"}`; a refusal has `{"statusCode", "name", "message"}`."""
    name, text, reference = answer.texts("name", "message", "id")
    is_recipient = "`to`" in text or "`cc`" in text or "`bcc`" in text
    refused = shown_in(text, recipients) if is_recipient else ()
    if is_recipient and not refused and len(recipients) == 1:
        refused = tuple(recipients)
    return Said(name, text, reference, dict.fromkeys(refused, "api_recipient_refused"))


def _list(boxes: Sequence[Mailbox]) -> list[str]:
    return [str(box) for box in boxes]


def _file(file: File) -> dict[str, str]:
    made = {
        "content": base64.b64encode(file.content).decode("ascii"),
        "filename": file.name,
        "content_type": file.content_type,
    }
    return made | ({"content_id": file.content_id} if file.content_id else {})


def _tags(message_id: str) -> list[dict[str, str]]:
    """Our id of the mail, by which reports are matched; a tag has a small alphabet."""
    value = _NO_TAG.sub("-", message_id.strip("<>"))[:_LONGEST_TAG]
    return [{"name": "postroom_message_id", "value": value}] if value else []


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (
        ("Authorization", f"Bearer {account.secret}"),
        ("Content-Type", "application/json"),
    )


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret,)


def _site(settings: Mapping[str, str]) -> str:
    del settings
    return "https://api.resend.com"


def _ask_domains(account: Account) -> Request:
    return Request("GET", "/domains", _login(account))


def _find_login(answer: Answer, account: Account) -> Finding | None:
    """A key that may only send is refused here by name, which shows that it is a key."""
    del account
    if answer.texts("name") == ("restricted_api_key",):
        return Finding(StepStatus.OK, "This key may send and nothing else")
    if answer.status == 400:
        return Finding(StepStatus.FAILED, answer.texts("message")[0], "api_key_refused")
    return None


def _find_domains(answer: Answer, account: Account) -> Finding | None:
    del account
    if answer.texts("name") == ("restricted_api_key",):
        return Finding(StepStatus.WARNING, "This key may send, but not look at domains")
    found = answer.json.get("data") if isinstance(answer.json, dict) else None
    if answer.status != 200 or not isinstance(found, list):
        return None
    domains = [each for each in found if isinstance(each, dict)]
    verified = [str(each.get("name")) for each in domains if each.get("status") == "verified"]
    if verified:
        return Finding(StepStatus.OK, ", ".join(verified[:5]))
    return Finding(StepStatus.WARNING, "No domain is verified: it sends to its owner only")


VENDOR = Vendor(
    name="resend",
    label="Resend",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    most_recipients=50,
    largest_size=_LARGEST,
    is_idempotent=True,
    meanings=(
        Meaning("api_key_refused", words=("api key is invalid", "missing api key")),
        Meaning("api_key_refused", names=("invalid_api_key", "missing_api_key")),
        Meaning("api_sandbox", words=("only send testing emails",)),
        Meaning("api_sender_refused", words=("domain is not verified", "`from`")),
        Meaning("api_sender_refused", names=("invalid_from_address",)),
        Meaning("api_quota_used_up", names=("daily_quota_exceeded", "monthly_quota_exceeded")),
        Meaning("api_repeat_under_way", names=("concurrent_idempotent_requests",)),
        Meaning("api_content_refused", names=("invalid_attachment",)),
        Meaning(
            "api_request_refused",
            names=("validation_error", "missing_required_field", "invalid_parameter"),
        ),
    ),
    checks=(
        Check("authenticate", _ask_domains, _find_login),
        Check("domain", _ask_domains, _find_domains),
    ),
)
