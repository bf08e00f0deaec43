"""SendGrid: JSON to `/v3/mail/send`, a bearer key, the id of the mail in a header of the answer.

Sources: SendGrid's OpenAPI description (mail_v3), twilio.com/docs/sendgrid/api-reference/mail-send
(errors, limits), support.sendgrid.com/hc/en-us/articles/18322114821403 (answers 4xx).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account
from panel.drivers.description import N_, ExtraSetting
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor, shown_in
from panel.drivers.mail import CannotCarry, File, Mail, Mailbox

_SITES = {"global": "https://api.sendgrid.com", "eu": "https://api.eu.sendgrid.com"}
_LARGEST = 30 * 1024 * 1024
"""Of the whole request (api-reference/mail-send, “Limitations”)."""
_MESSAGE_ID = "postroom_message_id"
"""The custom argument that comes back with every report."""


def request(letter: Letter) -> Request:
    """`POST /v3/mail/send`: one personalization, so that all see the same To and Cc."""
    mail = letter.mail
    envelope = {"to": _boxes(mail.to), "cc": _boxes(mail.cc), "bcc": _boxes(mail.bcc)}
    fields: dict[str, Any] = {
        "personalizations": [{name: boxes for name, boxes in envelope.items() if boxes}],
        "from": _box(mail.sender),
        "reply_to_list": _boxes(mail.reply_to),
        "subject": mail.subject,
        "content": _content(mail),
        "attachments": [_file(file) for file in mail.files],
        "headers": _headers(mail),
        "custom_args": {_MESSAGE_ID: mail.message_id} if mail.message_id else None,
    }
    if not mail.subject:
        raise CannotCarry("SendGrid takes no mail without a subject")
    body = as_json({name: value for name, value in fields.items() if value})
    return Request("POST", "/v3/mail/send", _login(letter.account), body)


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """202 has no body; a refusal has `{"errors": [{"message", "field"}]}`."""
    found = answer.json.get("errors") if isinstance(answer.json, dict) else None
    errors = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    texts = [str(each.get("message") or "") for each in errors]
    field = str(errors[0].get("field") or "") if errors else ""
    is_recipient = any(part in field for part in (".to.", ".cc.", ".bcc."))
    text = "; ".join(filter(None, texts))
    refused = shown_in(text, recipients) if is_recipient else ()
    if is_recipient and not refused and len(recipients) == 1:
        refused = tuple(recipients)
    return Said(
        field,
        text,
        reference=answer.headers.get("x-message-id", ""),
        blamed=dict.fromkeys(refused, "api_recipient_refused"),
    )


def _box(box: Mailbox) -> dict[str, str]:
    return {"email": box.email} | ({"name": box.name} if box.name else {})


def _boxes(boxes: Sequence[Mailbox]) -> list[dict[str, str]]:
    return [_box(box) for box in boxes]


def _content(mail: Mail) -> list[dict[str, str]]:
    """Plain text has to stand before HTML."""
    texts = (("text/plain", mail.text), ("text/html", mail.html))
    content = [{"type": kind, "value": text} for kind, text in texts if text]
    if not content:
        raise CannotCarry("SendGrid takes no mail without a text")
    return content


def _headers(mail: Mail) -> dict[str, str]:
    """`Message-ID` is not among the fields that may not be overridden."""
    own = {"Message-ID": mail.message_id} if mail.message_id else {}
    return mail.fields_once | own


def _file(file: File) -> dict[str, str]:
    if not file.content:
        raise CannotCarry(f"SendGrid takes no empty file like {file.name}")
    made = {
        "content": base64.b64encode(file.content).decode("ascii"),
        "type": file.content_type,
        "filename": file.name,
        "disposition": "inline" if file.content_id else "attachment",
    }
    return made | ({"content_id": file.content_id} if file.content_id else {})


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (
        ("Authorization", f"Bearer {account.secret}"),
        ("Content-Type", "application/json"),
    )


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret,)


def _site(settings: Mapping[str, str]) -> str:
    return _SITES.get(settings.get("region", ""), _SITES["global"])


def _ask_scopes(account: Account) -> Request:
    return Request("GET", "/v3/scopes", _login(account))


def _find_scopes(answer: Answer, account: Account) -> Finding | None:
    """`{"scopes": ["mail.send", …]}`: what the key may do."""
    del account
    scopes = answer.json.get("scopes") if isinstance(answer.json, dict) else None
    if answer.status != 200 or not isinstance(scopes, list):
        return None
    if "mail.send" in scopes:
        return Finding(StepStatus.OK)
    return Finding(StepStatus.FAILED, "The key lacks the right mail.send", "api_forbidden")


VENDOR = Vendor(
    name="sendgrid",
    label="SendGrid",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    settings=(ExtraSetting("region", N_("Region"), choices=(("global", "Global"), ("eu", "EU"))),),
    most_recipients=1000,
    largest_size=_LARGEST,
    meanings=(
        Meaning("api_quota_used_up", words=("maximum credits exceeded", "exceeded your messaging")),
        Meaning("api_key_refused", words=("authorization grant is invalid",)),
        Meaning("api_sender_refused", words=("verified sender identity",)),
        Meaning("api_sender_refused", statuses="400", names=("from.email", "from")),
        Meaning("api_account_stopped", words=("account is suspended", "under review")),
        Meaning("api_address_wrong", statuses="451"),
    ),
    checks=(Check("authenticate", _ask_scopes, _find_scopes),),
)
