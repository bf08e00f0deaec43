"""ZeptoMail: JSON to `/v1.1/email`, a send mail token, a code and a code below it in a refusal.

Sources: zoho.com/zeptomail/help/api/email-sending.html (fields), …/help/api/error-codes.html
(codes, limits), the vendor's own client for Node (sites).
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
from panel.drivers.mail import CannotCarry, File, Mail, Mailbox

_REGIONS = (
    ("com", "US"),
    ("eu", "EU"),
    ("in", "IN"),
    ("com.au", "AU"),
    ("jp", "JP"),
    ("com.cn", "CN"),
)
"""The end of the host, and the data centre that it stands for."""
_SCHEME = "Zoho-enczapikey"
_PREFIX = re.compile(rf"^\s*{_SCHEME}\s+", re.IGNORECASE)
_MOST_FILES = 60
_MOST_REPLIES = 40
_OWN_CHARSETS = ("utf-8", "us-ascii")
_WRONG_VALUE = "SM_113"


def request(letter: Letter) -> Request:
    """`POST /v1.1/email`."""
    mail = letter.mail
    _check(mail)
    fields: dict[str, Any] = {
        "from": _box(mail.sender),
        "to": _boxes(mail.to),
        "cc": _boxes(mail.cc),
        "bcc": _boxes(mail.bcc),
        "reply_to": [_box(box) for box in mail.reply_to],
        "subject": mail.subject,
        "textbody": mail.text,
        "htmlbody": mail.html,
        "attachments": [_attachment(file) for file in mail.files if not file.content_id],
        "inline_images": [_inline(file) for file in mail.files if file.content_id],
        "mime_headers": mail.fields_once,
        "client_reference": mail.message_id,
    }
    body = as_json({name: value for name, value in fields.items() if value})
    return Request("POST", "/v1.1/email", _login(letter.account), body)


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"data": [{"code": "EM_104"}], "message": "OK", "request_id": "…"}`.

    A refusal: `{"error": {"code": "TM_4001", "details": [{"code": "SM_113", "target": "to",
    "target_value": "a@b", "message"}], "message"}}`. The code below tells what is the matter.
    """
    (reference,) = answer.texts("request_id")
    found = answer.json.get("error") if isinstance(answer.json, dict) else None
    error = found if isinstance(found, dict) else {}
    detail = _detail(error)
    code, name = str(error.get("code") or ""), str(detail.get("code") or "")
    words = (code, error.get("message"), detail.get("message"), detail.get("target"))
    text = " ".join(str(word) for word in words if word)
    target = str(detail.get("target") or "")
    if name == _WRONG_VALUE and target in ("to", "cc", "bcc"):
        refused = shown_in(str(detail.get("target_value") or ""), recipients)
        if not refused and len(recipients) == 1:
            refused = tuple(recipients)
        return Said(name, text, blamed=dict.fromkeys(refused, "api_recipient_refused"))
    return Said(name or code, text, reference)


def _detail(error: Mapping[str, Any]) -> Mapping[str, Any]:
    details = error.get("details")
    first = details[0] if isinstance(details, list) and details else None
    return first if isinstance(first, dict) else {}


def _check(mail: Mail) -> None:
    if not mail.subject:
        raise CannotCarry("ZeptoMail takes no mail without a subject")
    if not mail.text and not mail.html:
        raise CannotCarry("ZeptoMail takes no mail without a text")
    if len(mail.files) > _MOST_FILES:
        raise CannotCarry("ZeptoMail takes no more than 60 files")
    if len(mail.reply_to) > _MOST_REPLIES:
        raise CannotCarry("ZeptoMail takes no more than 40 Reply-To")


def _box(box: Mailbox) -> dict[str, str]:
    return {"address": box.email} | ({"name": box.name} if box.name else {})


def _boxes(boxes: Sequence[Mailbox]) -> list[dict[str, dict[str, str]]]:
    return [{"email_address": _box(box)} for box in boxes]


def _attachment(file: File) -> dict[str, str]:
    return _content(file) | {"name": file.name}


def _inline(file: File) -> dict[str, str]:
    return _content(file) | {"cid": file.content_id}


def _content(file: File) -> dict[str, str]:
    """A type with a charset is not among those that it knows."""
    kind, _, charset = file.content_type.partition("; charset=")
    if charset and charset not in _OWN_CHARSETS:
        raise CannotCarry(f"ZeptoMail takes no text like {file.name} that is in {charset}")
    if not file.content:
        raise CannotCarry(f"ZeptoMail takes no empty file like {file.name}")
    return {"mime_type": kind, "content": base64.b64encode(file.content).decode("ascii")}


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (
        ("Authorization", f"{_SCHEME} {_token(account)}"),
        ("Content-Type", "application/json"),
    )


def _token(account: Account) -> str:
    """The vendor's panel shows it with the word that stands before it in the header."""
    return _PREFIX.sub("", account.secret).strip()


def _secrets(account: Account) -> tuple[str, ...]:
    return tuple({account.secret, _token(account)})


def _site(settings: Mapping[str, str]) -> str:
    region = settings.get("region", "")
    known = dict(_REGIONS)
    return f"https://api.zeptomail.{region if region in known else 'com'}"


def _ask_for_nothing(account: Account) -> Request:
    """A mail without anything: a right token is told what is missing, and nothing is sent."""
    return Request("POST", "/v1.1/email", _login(account), b"{}")


def _find_login(answer: Answer, account: Account) -> Finding | None:
    """`TM_3201`, “Mandatory Field … is missing”, comes after the token was found to be right."""
    del account
    said = read(answer, ())
    if 400 <= answer.status < 600 and said.text.startswith(("TM_3201", "TM_3301")):
        return Finding(StepStatus.OK)
    return None


VENDOR = Vendor(
    name="zeptomail",
    label="ZeptoMail",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    settings=(
        ExtraSetting(
            "region",
            N_("Region"),
            choices=_REGIONS,
            hint=N_("Where the account was opened: a token is unknown everywhere else."),
        ),
    ),
    most_recipients=340,
    most_copies=100,
    meanings=(
        Meaning("api_key_refused", names=("SERR_157",)),
        Meaning("api_forbidden", names=("SERR_156",)),
        Meaning("api_sender_refused", names=("SM_111",)),
        Meaning("api_sender_refused", names=(_WRONG_VALUE,), words=("from", "bounce_address")),
        Meaning("api_account_stopped", names=("SM_128", "SM_133", "AE_101")),
        Meaning("api_quota_used_up", names=("SMI_115",)),
        Meaning("api_unpaid", names=("LE_101", "LE_102")),
        Meaning("api_request_refused", names=(_WRONG_VALUE, "SM_120", "SM_127", "SM_129")),
        Meaning("api_request_refused", words=("tm_3201", "tm_3301", "tm_8001")),
    ),
    checks=(Check("authenticate", _ask_for_nothing, _find_login),),
)
