"""Mailjet: JSON to `/v3.1/send`, a pair of keys by Basic authentication, an id per recipient.

Sources: dev.mailjet.com/email/guides/send-api-v31 (fields, forbidden headers, errors),
dev.mailjet.com/email/reference/sender-addresses-and-domains.
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

_SITES = {"eu": "https://api.mailjet.com", "us": "https://api.us.mailjet.com"}
_LARGEST = 15 * 1024 * 1024
"""Of all files together (guides/send-api-v31, “Attachments”)."""
_LONGEST_SUBJECT = 255
_OWN_CHARSETS = ("utf-8", "us-ascii")
_FORBIDDEN = frozenset(
    {
        "authentication-results",
        "domainkey-status",
        "list-id",
        "received-spf",
        "sender",
        "user-agent",
        "x-csa-complaints",
        "x-feedback-id",
        "x-mailer",
    }
)
"""Fields that it refuses, beyond its own and those of every API (“Add Email Headers”)."""
_OWN_FIELDS = ("x-mailjet-", "x-mj-")
_ROWS = {
    "mj-0001": "api_account_stopped",
    "mj-0011": "api_too_large",
    "mj-0015": "api_key_refused",
    "send-0006": "api_sender_refused",
    "send-0007": "api_sender_refused",
    "send-0008": "api_sender_refused",
}
"""What its codes stand for (“Send API errors”); others are about how the mail was put."""
_BAD_ADDRESS = "mj-0013"


def request(letter: Letter) -> Request:
    """`POST /v3.1/send` with one message."""
    mail = letter.mail
    _check(mail)
    fields: dict[str, Any] = {
        "From": _box(mail.sender),
        "To": [_box(box) for box in mail.to],
        "Cc": [_box(box) for box in mail.cc],
        "Bcc": [_box(box) for box in mail.bcc],
        "ReplyTo": _box(mail.reply_to[0]) if mail.reply_to else None,
        "Subject": mail.subject,
        "TextPart": mail.text,
        "HTMLPart": mail.html,
        "Attachments": [_file(file) for file in mail.files if not file.content_id],
        "InlinedAttachments": [_file(file) for file in mail.files if file.content_id],
        "Headers": mail.fields_once,
        "CustomID": mail.message_id,
    }
    message = {name: value for name, value in fields.items() if value}
    return Request("POST", "/v3.1/send", _login(letter.account), as_json({"Messages": [message]}))


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"Messages": [{"Status": "success", "To": [{"Email", "MessageID", …}], …}]}`.

    A refusal has `Errors` in its message, or `{"ErrorCode", "ErrorMessage"}` for the whole call.
    """
    code, text = answer.texts("ErrorCode", "ErrorMessage")
    message = (answer.objects("Messages") or ({},))[0]
    errors = _listed(message, "Errors")
    if not errors:
        ids = _ids(message)
        mine = {each: ids[each.lower()] for each in recipients if each.lower() in ids}
        return Said(code, text, reference=next(iter(ids.values()), ""), references=mine)
    code = str(errors[0].get("ErrorCode") or "")
    text = "; ".join(str(error.get("ErrorMessage") or "") for error in errors)
    if code == _BAD_ADDRESS and _is_about(errors[0], "From"):
        code = "send-0008"
    blamed = _blamed(code, text, recipients)
    if not blamed and answer.status < 300:
        blamed = dict.fromkeys(recipients, _ROWS.get(code, "api_request_refused"))
    return Said(code, text, blamed=blamed)


def _blamed(code: str, text: str, recipients: Sequence[str]) -> Mapping[str, str]:
    refused = shown_in(text, recipients) if code == _BAD_ADDRESS else ()
    if code == _BAD_ADDRESS and not refused and len(recipients) == 1:
        refused = tuple(recipients)
    return dict.fromkeys(refused, "api_recipient_refused")


def _is_about(error: Mapping[str, Any], field: str) -> bool:
    related = error.get("ErrorRelatedTo")
    return isinstance(related, list) and any(str(each).startswith(field) for each in related)


def _ids(message: Mapping[str, Any]) -> dict[str, str]:
    """The MessageID of each recipient, which its reports carry."""
    return {
        str(each.get("Email", "")).lower(): str(each["MessageID"])
        for name in ("To", "Cc", "Bcc")
        for each in _listed(message, name)
        if isinstance(each.get("MessageID"), int | str)
    }


def _listed(message: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = message.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _check(mail: Mail) -> None:
    if not mail.text and not mail.html:
        raise CannotCarry("Mailjet takes no mail without a text")
    if len(mail.reply_to) > 1:
        raise CannotCarry("Mailjet takes one Reply-To only")
    if len(mail.subject) > _LONGEST_SUBJECT:
        raise CannotCarry("Mailjet takes no subject of more than 255 letters")
    for name, _ in mail.headers:
        if name.lower() in _FORBIDDEN or name.lower().startswith(_OWN_FIELDS):
            raise CannotCarry(f"Mailjet takes no field {name}")


def _box(box: Mailbox) -> dict[str, str]:
    return {"Email": box.email} | ({"Name": box.name} if box.name else {})


def _file(file: File) -> dict[str, str]:
    """It writes `charset=utf-8` to every text, so that no other one can be sent."""
    kind, _, charset = file.content_type.partition("; charset=")
    if charset and charset not in _OWN_CHARSETS:
        raise CannotCarry(f"Mailjet takes no text like {file.name} that is in {charset}")
    if not file.content:
        raise CannotCarry(f"Mailjet takes no empty file like {file.name}")
    made = {
        "ContentType": kind,
        "Filename": file.name,
        "Base64Content": base64.b64encode(file.content).decode("ascii"),
    }
    return made | ({"ContentID": file.content_id} if file.content_id else {})


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (
        ("Authorization", f"Basic {_credentials(account)}"),
        ("Content-Type", "application/json"),
    )


def _credentials(account: Account) -> str:
    return base64.b64encode(f"{account.username}:{account.secret}".encode()).decode("ascii")


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret, _credentials(account))


def _site(settings: Mapping[str, str]) -> str:
    return _SITES.get(settings.get("region", ""), _SITES["eu"])


def _ask_for_nothing(account: Account) -> Request:
    """A call with no message in it, which tests the keys and can send nothing."""
    body = as_json({"SandboxMode": True, "Messages": []})
    return Request("POST", "/v3.1/send", _login(account), body)


def _find_login(answer: Answer, account: Account) -> Finding | None:
    """`mj-0007`: “an empty array is provided that cannot be empty”; then the keys were right."""
    del account
    code = read(answer, ()).name
    is_about_messages = answer.status == 400 and code.startswith("mj-00")
    return Finding(StepStatus.OK) if is_about_messages else None


def _ask_senders(account: Account) -> Request:
    return Request("GET", "/v3/REST/sender?Limit=100", _login(account))


def _find_senders(answer: Answer, account: Account) -> Finding | None:
    """`{"Data": [{"Email": "*@house.test", "Status": "Active"}]}`; `*@` stands for a domain."""
    del account
    if answer.status != 200:
        return None
    active = [each for each in answer.objects("Data") if each.get("Status") == "Active"]
    if not active:
        return Finding(StepStatus.FAILED, "No sender is active", "api_sender_refused")
    return Finding(StepStatus.OK, ", ".join(str(each.get("Email")) for each in active[:5]))


VENDOR = Vendor(
    name="mailjet",
    label="Mailjet",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    settings=(ExtraSetting("region", N_("Region"), choices=(("eu", "EU"), ("us", "US"))),),
    fields=frozenset({"verify_certificate", "username"}),
    most_recipients=50,
    largest_size=_LARGEST,
    meanings=(
        *(Meaning(row, names=(code,)) for code, row in _ROWS.items()),
        Meaning("api_account_stopped", statuses="401 403", words=("blocked", "suspended")),
    ),
    checks=(
        Check("authenticate", _ask_for_nothing, _find_login),
        Check("sender", _ask_senders, _find_senders),
    ),
)
