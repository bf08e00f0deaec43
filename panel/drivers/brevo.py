"""Brevo: JSON to `/v3/smtp/email`, the key in a header of its own, a code and words in a refusal.

Sources: developers.brevo.com/reference/sendtransacemail, …/reference/getaccount, …/docs/api-limits,
the code list of the vendor's description; what its gateway garbles is from django-anymail's docs.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from email.header import Header
from html import escape
from typing import Any

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor, shown_in
from panel.drivers.mail import CannotCarry, File, Mail, Mailbox

_MOST_RECIPIENTS = 99
"""Of one mail (reference/sendtransacemail)."""
_SPECIALS = re.compile(r'[()<>\[\]:;@\\,."]')
_TEMPLATE = re.compile(r"\{\{|\{%")
"""`{{ params.name }}` is replaced in subject and texts, not in stored templates only."""
_ENDINGS = re.compile(
    r"xlsx|xls|xlsm|ods|docx|docm|doc|odt|rtf|ppt|pptx|csv|pdf|txt|xml|msg|ics|pub|eps|mobi"
    r"|gif|jpg|jpeg|png|tif|tiff|bmp|cgm|css|shtml|html|htm|zip|tar|ez|pkpass"
    r"|mp3|m4a|m4v|wma|ogg|flac|wav|aif|aifc|aiff|mp4|mov|avi|mkv|mpeg|mpg|wmv"
)
"""It tells the type of a file by its name, and takes no others (reference/sendtransacemail)."""


def request(letter: Letter) -> Request:
    """`POST /v3/smtp/email`; a mail that has no HTML gets one that shows its text."""
    mail = letter.mail
    _check(mail)
    fields: dict[str, Any] = {
        "sender": _box(mail.sender),
        "to": [_box(box) for box in mail.to],
        "cc": [_box(box) for box in mail.cc],
        "bcc": [_box(box) for box in mail.bcc],
        "replyTo": _box(mail.reply_to[0]) if mail.reply_to else None,
        "subject": mail.subject,
        "htmlContent": mail.html or _as_html(mail.text or ""),
        "textContent": mail.text,
        "attachment": [_file(file) for file in mail.files],
        "headers": _headers(mail),
    }
    body = as_json({name: value for name, value in fields.items() if value})
    return Request("POST", "/v3/smtp/email", _login(letter.account), body)


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"messageId": "<…@smtp-relay.mailin.fr>"}`; a refusal has `{"code", "message"}`.

    “email is not valid in to” names the field and not the address.
    """
    code, text, reference = answer.texts("code", "message", "messageId")
    is_recipient = code == "invalid_parameter" and re.search(r"\bin (to|cc|bcc)\b", text)
    refused = shown_in(text, recipients) if is_recipient else ()
    if is_recipient and not refused and len(recipients) == 1:
        refused = tuple(recipients)
    return Said(code, text, reference, dict.fromkeys(refused, "api_recipient_refused"))


def _check(mail: Mail) -> None:
    """What its API has no place for, or sends on in a way that may get lost."""
    if not mail.subject:
        raise CannotCarry("Brevo takes no mail without a subject")
    if not mail.text and not mail.html:
        raise CannotCarry("Brevo takes no mail without a text")
    if any(_TEMPLATE.search(text or "") for text in (mail.subject, mail.text, mail.html)):
        raise CannotCarry("Brevo would take braces in the text for a template")
    if len(mail.reply_to) > 1:
        raise CannotCarry("Brevo takes one Reply-To only")
    if any(not box.email.isascii() for box in mail.cc):
        raise CannotCarry("Brevo leaves out Cc where an address is not ASCII")
    for name, value in mail.headers:
        if not value.isascii():
            raise CannotCarry(f"Brevo would send the field {name} unencoded")


def _box(box: Mailbox) -> dict[str, str]:
    return {"email": box.email} | ({"name": _name(box.name)} if box.name else {})


def _name(name: str) -> str:
    """It drops names with both other letters and punctuation, unless they come encoded."""
    if name.isascii() or not _SPECIALS.search(name):
        return name
    return Header(name, "utf-8").encode(linesep="")


def _as_html(text: str) -> str:
    """It takes no mail without HTML."""
    return f'<html><body><div style="white-space:pre-wrap">{escape(text)}</div></body></html>'


def _file(file: File) -> dict[str, str]:
    if file.content_id:
        raise CannotCarry(f"Brevo has no inline parts like {file.name}")
    ending = file.name.rpartition(".")[2].lower()
    if not _ENDINGS.fullmatch(ending):
        raise CannotCarry(f"Brevo takes no files of the kind of {file.name}")
    return {"name": file.name, "content": base64.b64encode(file.content).decode("ascii")}


def _headers(mail: Mail) -> dict[str, str]:
    """Our id comes back with every report in the field that Brevo has for that."""
    own = {"X-Mailin-custom": mail.message_id} if mail.message_id else {}
    return mail.fields_once | own


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (("api-key", account.secret), ("Content-Type", "application/json"))


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret,)


def _site(settings: Mapping[str, str]) -> str:
    del settings
    return "https://api.brevo.com"


def _ask_account(account: Account) -> Request:
    return Request("GET", "/v3/account", _login(account))


def _find_account(answer: Answer, account: Account) -> Finding | None:
    """`relay.enabled` is false until the vendor has activated transactional mail."""
    del account
    if answer.status != 200:
        return None
    relay = answer.json.get("relay") if isinstance(answer.json, dict) else None
    if isinstance(relay, dict) and relay.get("enabled") is False:
        detail = "Transactional mail is not activated for the account"
        return Finding(StepStatus.FAILED, detail, "api_account_stopped")
    return Finding(StepStatus.OK, *answer.texts("companyName"))


def _find_credits(answer: Answer, account: Account) -> Finding | None:
    """`plan` has an entry of `creditsType` `sendLimit` for mail."""
    del account
    plans = [each for each in answer.objects("plan") if each.get("creditsType") == "sendLimit"]
    if answer.status != 200 or not plans:
        return None
    left = sum(each["credits"] for each in plans if isinstance(each.get("credits"), int | float))
    status = StepStatus.OK if left > 0 else StepStatus.WARNING
    return Finding(status, f"{left:g} left")


def _ask_domains(account: Account) -> Request:
    return Request("GET", "/v3/senders/domains", _login(account))


def _find_domains(answer: Answer, account: Account) -> Finding | None:
    """`{"domains": [{"domain_name", "authenticated", "verified"}]}`."""
    del account
    if answer.status != 200:
        return None
    domains = answer.objects("domains")
    names = [str(each.get("domain_name")) for each in domains if each.get("authenticated") is True]
    if names:
        return Finding(StepStatus.OK, ", ".join(names[:5]))
    return Finding(StepStatus.WARNING, "No domain is authenticated: single senders only")


VENDOR = Vendor(
    name="brevo",
    label="Brevo",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    most_recipients=_MOST_RECIPIENTS,
    meanings=(
        Meaning("api_forbidden", words=("ip address", "authorised_ips")),
        Meaning("api_unpaid", names=("not_enough_credits",)),
        Meaning("api_account_stopped", names=("account_under_validation",)),
        Meaning("api_account_stopped", words=("not yet activated", "account is suspended")),
        Meaning("api_sender_refused", words=("sender",), names=("invalid_parameter",)),
        Meaning("api_key_refused", names=("unauthorized",)),
        Meaning("api_forbidden", names=("permission_denied", "reseller_permission_denied")),
    ),
    checks=(
        Check("authenticate", _ask_account, _find_account),
        Check("credits", _ask_account, _find_credits),
        Check("domain", _ask_domains, _find_domains),
    ),
)
