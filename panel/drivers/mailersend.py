"""MailerSend: JSON to `/v1/email`, a bearer token, the id of the mail in a header of the answer.

Sources: developers.mailersend.com/api/v1/email (fields, warnings), …/general (statuses, limits),
…/guides/checking-api-quota; the vendor's own client for Go (names of fields).
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
from panel.drivers.mail import CannotCarry, File, Mail, Mailbox

_LARGEST = 25 * 1024 * 1024
"""Of all files together (api/v1/email, “attachments”)."""
_CODE = re.compile(r"#(MS\d{5})")
"""“The from.email domain must be verified in your account to send emails. #MS42207”"""
_TRIAL = "MS42225"
"""It stands at `to`, but is about the account."""
_TEMPLATE = re.compile(r"\{\{|\{%|\{\$")
_OWN_CHARSETS = ("utf-8", "us-ascii")
_FIELDS = ("in-reply-to", "list-unsubscribe", "references")
"""Fields that have a place of their own."""


def request(letter: Letter) -> Request:
    """`POST /v1/email`; it answers at once and sends afterwards."""
    mail = letter.mail
    _check(mail)
    known = {name.lower(): value for name, value in mail.fields_once.items()}
    fields: dict[str, Any] = {
        "from": _box(mail.sender),
        "to": _boxes(mail.to),
        "cc": _boxes(mail.cc),
        "bcc": _boxes(mail.bcc),
        "reply_to": _box(mail.reply_to[0]) if mail.reply_to else None,
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "attachments": [_file(file) for file in mail.files],
        "in_reply_to": known.get("in-reply-to", "").strip("<>"),
        "references": known.get("references", "").split(),
        "list_unsubscribe": known.get("list-unsubscribe"),
        "headers": _headers(mail),
        "tags": [mail.message_id.strip("<>")] if mail.message_id else None,
    }
    body = as_json({name: value for name, value in fields.items() if value})
    return Request("POST", "/v1/email", _login(letter.account), body)


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """202 is empty, or has `warnings` about recipients that are suppressed.

    A refusal has `{"message", "errors": {"to.0.email": ["… #MS42208"]}}`.
    """
    (text,) = answer.texts("message")
    fields = _errors(answer)
    found = _CODE.search(" ".join((text, *fields.values())))
    code = found.group(1) if found else ""
    is_recipient = any(name.split(".")[0] in ("to", "cc", "bcc") for name in fields)
    is_one = is_recipient and code != _TRIAL and len(recipients) == 1
    refused = tuple(recipients) if is_one else ()
    return Said(
        code,
        text,
        reference=answer.headers.get("x-message-id", ""),
        blamed=dict.fromkeys(refused, "api_recipient_refused") | _suppressed(answer, recipients),
    )


def _errors(answer: Answer) -> dict[str, str]:
    """What it dislikes, by the path of the field."""
    found = answer.json.get("errors") if isinstance(answer.json, dict) else None
    errors = found if isinstance(found, dict) else {}
    return {str(name): str(texts) for name, texts in errors.items()}


def _suppressed(answer: Answer, recipients: Sequence[str]) -> dict[str, str]:
    """`{"type": "SOME_SUPPRESSED", "recipients": [{"email", "reasons": ["hard_bounced"]}]}`."""
    named = [
        str(each.get("email"))
        for warning in answer.objects("warnings")
        if isinstance(warning.get("recipients"), list)
        for each in warning["recipients"]
        if isinstance(each, dict)
    ]
    kept = shown_in(" ".join(named), recipients)
    return dict.fromkeys(kept, "api_recipient_suppressed")


def _check(mail: Mail) -> None:
    if not mail.subject:
        raise CannotCarry("MailerSend takes no mail without a subject")
    if not mail.text and not mail.html:
        raise CannotCarry("MailerSend takes no mail without a text")
    if len(mail.reply_to) > 1:
        raise CannotCarry("MailerSend takes one Reply-To only")
    if any(_TEMPLATE.search(text or "") for text in (mail.subject, mail.text, mail.html)):
        raise CannotCarry("MailerSend would take braces in the text for a template")
    for box in (mail.sender, *mail.to, *mail.cc, *mail.bcc, *mail.reply_to):
        if not box.email.rpartition("@")[0].isascii():
            raise CannotCarry(f"MailerSend takes no address like {box.email}")


def _box(box: Mailbox) -> dict[str, str]:
    """A name may hold neither comma nor semicolon."""
    name = re.sub("[,;]", "", box.name)
    return {"email": box.email} | ({"name": name} if name else {})


def _boxes(boxes: Sequence[Mailbox]) -> list[dict[str, str]]:
    return [_box(box) for box in boxes]


def _headers(mail: Mail) -> list[dict[str, str]]:
    """Only accounts of its larger plans may send fields of their own."""
    others = [(name, value) for name, value in mail.headers if name.lower() not in _FIELDS]
    return [{"name": name, "value": value} for name, value in others]


def _file(file: File) -> dict[str, str]:
    """It tells the type by the name, and has no place for a charset."""
    charset = file.content_type.partition("; charset=")[2]
    if charset and charset not in _OWN_CHARSETS:
        raise CannotCarry(f"MailerSend takes no text like {file.name} that is in {charset}")
    if not file.content:
        raise CannotCarry(f"MailerSend takes no empty file like {file.name}")
    made = {
        "content": base64.b64encode(file.content).decode("ascii"),
        "filename": file.name,
        "disposition": "inline" if file.content_id else "attachment",
    }
    return made | ({"id": file.content_id} if file.content_id else {})


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (
        ("Authorization", f"Bearer {account.secret}"),
        ("Content-Type", "application/json"),
    )


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret,)


def _site(settings: Mapping[str, str]) -> str:
    del settings
    return "https://api.mailersend.com"


def _ask_for_nothing(account: Account) -> Request:
    """A mail without anything: a token that may send is told what is missing."""
    return Request("POST", "/v1/email", _login(account), b"{}")


def _find_login(answer: Answer, account: Account) -> Finding | None:
    """422 comes after the token and its rights were found to be right."""
    del account
    return Finding(StepStatus.OK) if answer.status == 422 else None


def _ask_quota(account: Account) -> Request:
    return Request("GET", "/v1/api-quota", _login(account))


def _find_quota(answer: Answer, account: Account) -> Finding | None:
    """`{"quota": 1000, "remaining": 998, "reset": "2026-11-21T00:00:00Z"}`: calls of this day."""
    del account
    quota, left = answer.texts("quota", "remaining")
    if answer.status != 200 or not left:
        return Finding(StepStatus.WARNING, "This token may send, but not ask for the quota")
    status = StepStatus.WARNING if left == "0" else StepStatus.OK
    return Finding(status, f"{left} of {quota} calls left today")


def _ask_domains(account: Account) -> Request:
    return Request("GET", "/v1/domains?limit=100", _login(account))


def _find_domains(answer: Answer, account: Account) -> Finding | None:
    """`{"data": [{"name", "is_verified", "domain_settings": {"send_paused"}}]}`."""
    del account
    if answer.status == 403:
        return Finding(StepStatus.WARNING, "This token may send, but not look at domains")
    if answer.status != 200:
        return None
    verified = [each for each in answer.objects("data") if each.get("is_verified") is True]
    names = [str(each.get("name")) for each in verified if not _is_paused(each)]
    if names:
        return Finding(StepStatus.OK, ", ".join(names[:5]))
    detail = "Sending is paused" if verified else "No domain is verified"
    return Finding(StepStatus.FAILED, detail, "api_sender_refused")


def _is_paused(domain: Mapping[str, Any]) -> bool:
    settings = domain.get("domain_settings")
    return isinstance(settings, dict) and settings.get("send_paused") is True


VENDOR = Vendor(
    name="mailersend",
    label="MailerSend",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    most_recipients=50,
    most_copies=10,
    largest_size=_LARGEST,
    meanings=(
        Meaning("api_sender_refused", names=("MS42207",)),
        Meaning("api_sandbox", names=(_TRIAL,)),
        Meaning("api_sandbox", words=("trial account",)),
        Meaning("api_quota_used_up", names=("MS42901",)),
        Meaning("api_rate_limited", names=("MS42903",)),
        Meaning("api_account_stopped", words=("suspended", "under review")),
        Meaning("api_unavailable", statuses="421"),
        Meaning("api_server_failed", statuses="408"),
        Meaning("api_request_refused", statuses="422"),
    ),
    checks=(
        Check("authenticate", _ask_for_nothing, _find_login),
        Check("credits", _ask_quota, _find_quota),
        Check("domain", _ask_domains, _find_domains),
    ),
)
