"""Mailgun: the whole mail as a form field to `/v3/DOMAIN/messages.mime`, Basic authentication.

As it takes the bytes as they are, nothing of a mail is lost on the way, not even a signature.
Sources: Mailgun's OpenAPI description (paths, answers, both sites), documentation.mailgun.com.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from urllib.parse import quote

import httpx2

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account
from panel.drivers.description import N_, ExtraSetting
from panel.drivers.http.exchange import Answer, Request
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor, shown_in

_SITES = {"us": "https://api.mailgun.net", "eu": "https://api.eu.mailgun.net"}
_WAIT = re.compile(r"try again after (\d{1,6}) seconds")
"""“… account-requests-per-sec limit exceeded, try again after 120 seconds”"""
_LARGEST = 25 * 1024 * 1024
"""Of a mail, files in base64 included (help.mailgun.com, “What is the maximum message size”)."""


def request(letter: Letter) -> Request:
    """`POST /v3/{domain_name}/messages.mime`: `to` once per recipient, `message` as a file."""
    parcel = letter.parcel
    content = parcel.whole()
    made = httpx2.Request(
        "POST",
        "https://api.mailgun.net",
        data={"to": list(parcel.recipients)},
        files={"message": ("message.mime", content, "message/rfc822")},
    )
    headers = (_login(letter.account), ("Content-Type", made.headers["Content-Type"]))
    return Request("POST", _path(letter.account, "messages.mime"), headers, made.read())


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"id": "<…@domain>", "message": "Queued. Thank you."}`; a refusal has only `message`.

    401 says `Forbidden` as a bare text.
    """
    text, reference = answer.texts("message", "id")
    if not text and answer.json is None:
        text = answer.body[:200].decode("utf-8", "replace").strip()
    wait = _WAIT.search(text)
    is_address = answer.status == 400 and "not a valid address" in text
    refused = shown_in(text, recipients) if is_address else ()
    if is_address and not refused and len(recipients) == 1:
        refused = tuple(recipients)
    return Said(
        text=text,
        reference=reference,
        blamed=dict.fromkeys(refused, "api_recipient_refused"),
        retry_after_s=int(wait.group(1)) if wait else None,
    )


def _path(account: Account, rest: str) -> str:
    return f"/v3/{quote(account.setting('domain'), safe='')}/{rest}"


def _login(account: Account) -> tuple[str, str]:
    return ("Authorization", f"Basic {_credentials(account)}")


def _credentials(account: Account) -> str:
    return base64.b64encode(f"api:{account.secret}".encode()).decode("ascii")


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret, _credentials(account))


def _site(settings: Mapping[str, str]) -> str:
    return _SITES.get(settings.get("region", ""), _SITES["us"])


def _ask_for_nothing(account: Account) -> Request:
    """A call without any parameter: a right key is told so, and nothing can be sent by it."""
    headers = (_login(account), ("Content-Type", "application/x-www-form-urlencoded"))
    return Request("POST", _path(account, "messages"), headers, b"o:testmode=yes")


def _find_login(answer: Answer, account: Account) -> Finding | None:
    """“'from' parameter is missing”: then key and domain were found to be right before."""
    del account
    text = answer.texts("message")[0].lower()
    if answer.status == 400 and ("missing" in text or "need at least" in text):
        return Finding(StepStatus.OK)
    return None


def _ask_domain(account: Account) -> Request:
    domain = quote(account.setting("domain"), safe="")
    return Request("GET", f"/v4/domains/{domain}", (_login(account),))


def _find_domain(answer: Answer, account: Account) -> Finding | None:
    """A key that may only send may not look at domains; that is no fault."""
    del account
    if answer.status in (401, 403):
        return Finding(StepStatus.WARNING, "This key may send, but not look at domains")
    found = answer.json.get("domain") if isinstance(answer.json, dict) else None
    if answer.status != 200 or not isinstance(found, dict):
        return None
    state, kind = str(found.get("state", "")), str(found.get("type", ""))
    if state == "disabled":
        return Finding(StepStatus.FAILED, state, "api_account_stopped")
    if kind == "sandbox":
        return Finding(StepStatus.WARNING, "A sandbox: it sends to authorised addresses only")
    is_verified = state == "active"
    return Finding(StepStatus.OK if is_verified else StepStatus.WARNING, state)


VENDOR = Vendor(
    name="mailgun",
    label="Mailgun",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    settings=(
        ExtraSetting("region", N_("Region"), choices=(("us", "US"), ("eu", "EU"))),
        ExtraSetting(
            "domain",
            N_("Sending domain"),
            hint=N_("As the vendor knows it, for example mg.example.net."),
            is_required=True,
            pattern=r"[A-Za-z0-9.-]{1,253}",
        ),
    ),
    most_recipients=1000,
    largest_size=_LARGEST,
    takes_whole_mails=True,
    meanings=(
        Meaning("api_address_wrong", statuses="200", words=("magnificent api",)),
        Meaning("api_sandbox", words=("sandbox subdomain", "authorized recipient")),
        Meaning("api_rate_limited", words=("requests-per-sec", "try again after")),
        Meaning("api_quota_used_up", words=("limit exceeded", "recipient limit", "free plan")),
        Meaning(
            "api_account_stopped",
            words=("not allowed to send", "account is disabled", "activate your mailgun"),
        ),
        Meaning("api_address_wrong", statuses="404"),
        Meaning("api_sender_refused", statuses="400", words=("from parameter", "'from'")),
    ),
    checks=(
        Check("authenticate", _ask_for_nothing, _find_login),
        Check("domain", _ask_domain, _find_domain),
    ),
)
