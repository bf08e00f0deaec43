"""SparkPost: the whole mail as a text in JSON to `/api/v1/transmissions`, the bare key as login.

Whole, because fields that it is given one by one may be left out silently, `List-Unsubscribe` for
one. Sources: the vendor's API Blueprint (transmissions, account, sending-domains; github.com/
SparkPost/developers.sparkpost.com), support.sparkpost.com/docs/tech-resources/extended-error-codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account
from panel.drivers.description import N_, ExtraSetting
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor, shown_in
from panel.drivers.mail import CannotCarry

_SITES = {"us": "https://api.sparkpost.com", "eu": "https://api.eu.sparkpost.com"}
_PATH = "/api/v1/transmissions"
_LARGEST = 20 * 1024 * 1024
"""Of texts, files and inline pictures (“Create a Transmission”)."""
_MOST_RECIPIENTS = 1000
"""It takes more; so many keep a request small (docs/tech-resources/smtp-rest-api-performance)."""
_KIND, _MARKETING = "kind", "marketing"
_SUPPRESSED = "1902"
"""“Message generation rejected”, with the reason beside it."""


def request(letter: Letter) -> Request:
    """`POST /api/v1/transmissions` with `email_rfc822`; nothing in the mail is replaced."""
    parcel = letter.parcel
    header = BytesHeaderParser().parsebytes(parcel.header)
    _check(header)
    try:
        whole = parcel.whole().decode()
    except UnicodeDecodeError:
        raise CannotCarry("SparkPost takes no mail that is not in UTF-8") from None
    message_id = str(header.get("Message-ID", "")).strip()
    fields: dict[str, Any] = {
        "options": {
            "open_tracking": False,
            "click_tracking": False,
            "transactional": letter.account.setting(_KIND) != _MARKETING,
            "perform_substitutions": False,
        },
        "metadata": {"postroom_message_id": message_id},
        "recipients": [{"address": {"email": each}} for each in parcel.recipients],
        "content": {"email_rfc822": whole},
    }
    return Request("POST", _PATH, _login(letter.account), as_json(fields))


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"results": {"id", "total_accepted_recipients", "rcpt_to_errors": [{"description"}]}}`.

    A refusal has `{"errors": [{"message", "description", "code"}]}`.
    """
    results = _results(answer)
    error = (answer.objects("errors") or ({},))[0]
    code = str(error.get("code") or "")
    text = " ".join(str(error[part]) for part in ("message", "description") if error.get(part))
    if code == _SUPPRESSED and "suppressed" in text and len(recipients) == 1:
        return Said(code, text, blamed={recipients[0]: "api_recipient_suppressed"})
    if answer.status < 300:
        blamed = dict.fromkeys(_refused(results, recipients), "api_recipient_refused")
        return Said(code, text, _text(results.get("id")), blamed)
    return Said(code, text)


def _refused(results: Mapping[str, Any], recipients: Sequence[str]) -> tuple[str, ...]:
    """All of them, or those whom “invalid recipient address.email: …” names."""
    if results.get("total_accepted_recipients") == 0:
        return tuple(recipients)
    errors = results.get("rcpt_to_errors")
    listed = errors if isinstance(errors, list) else []
    words = (str(each.get("description")) for each in listed if isinstance(each, dict))
    return shown_in(" ".join(words), recipients)


def _results(answer: Answer) -> Mapping[str, Any]:
    found = answer.json.get("results") if isinstance(answer.json, dict) else None
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return str(value) if isinstance(value, int | str) else ""


def _check(header: Message) -> None:
    """Its template language is switched off for texts, but reads the header section still."""
    if any("{{" in _plain(str(value)) for value in header.values()):
        raise CannotCarry("SparkPost would take braces in a header field for a template")


def _plain(value: str) -> str:
    """With the encoding of other letters (RFC 2047) taken off, where that can be read."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, LookupError, UnicodeError):
        return value


def _login(account: Account) -> tuple[tuple[str, str], ...]:
    return (("Authorization", account.secret), ("Content-Type", "application/json"))


def _secrets(account: Account) -> tuple[str, ...]:
    return (account.secret,)


def _site(settings: Mapping[str, str]) -> str:
    return _SITES.get(settings.get("region", ""), _SITES["us"])


def _ask_for_nothing(account: Account) -> Request:
    """A transmission without anything: a key that may send is told what is missing."""
    return Request("POST", _PATH, _login(account), b"{}")


def _find_login(answer: Answer, account: Account) -> Finding | None:
    """“required field is missing” comes after the key and its rights were found to be right."""
    del account
    return Finding(StepStatus.OK) if answer.status in (400, 422) else None


def _ask_account(account: Account) -> Request:
    return Request("GET", "/api/v1/account?include=usage", _login(account))


def _find_account(answer: Answer, account: Account) -> Finding | None:
    """`{"results": {"status": "active", "usage": {"month": {"used", "limit"}}}}`."""
    del account
    if answer.status == 403:
        return Finding(StepStatus.WARNING, "This key may send, but not look at the account")
    if answer.status != 200:
        return None
    results = _results(answer)
    status = _text(results.get("status"))
    if status not in ("", "active"):
        return Finding(StepStatus.FAILED, status, "api_account_stopped")
    left = _left(results.get("usage"))
    if left is None:
        return Finding(StepStatus.OK, status)
    return Finding(StepStatus.OK if left > 0 else StepStatus.WARNING, f"{left:g} left")


def _left(usage: object) -> float | None:
    """What the day and the month leave; None where there are no limits."""
    parts = usage.values() if isinstance(usage, dict) else ()
    windows = [part for part in parts if isinstance(part, dict) and "end" in part]
    numbers = [(each.get("limit"), each.get("used")) for each in windows]
    left = [
        limit - used
        for limit, used in numbers
        if isinstance(limit, int | float) and isinstance(used, int | float)
    ]
    return min(left, default=None)


def _ask_domains(account: Account) -> Request:
    return Request("GET", "/api/v1/sending-domains", _login(account))


def _find_domains(answer: Answer, account: Account) -> Finding | None:
    """`{"results": [{"domain", "status": {"ownership_verified", "compliance_status"}}]}`."""
    del account
    if answer.status == 403:
        return Finding(StepStatus.WARNING, "This key may send, but not look at domains")
    if answer.status != 200:
        return None
    names = [str(each.get("domain")) for each in answer.objects("results") if _is_usable(each)]
    if names:
        return Finding(StepStatus.OK, ", ".join(names[:5]))
    return Finding(StepStatus.FAILED, "No domain is verified", "api_sender_refused")


def _is_usable(domain: Mapping[str, Any]) -> bool:
    status = domain.get("status")
    if not isinstance(status, dict):
        return False
    return status.get("ownership_verified") is True and status.get("compliance_status") != "blocked"


VENDOR = Vendor(
    name="sparkpost",
    label="SparkPost",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    settings=(
        ExtraSetting("region", N_("Region"), choices=(("us", "US"), ("eu", "EU"))),
        ExtraSetting(
            _KIND,
            N_("Kind of mail"),
            choices=(("transactional", N_("Transactional")), (_MARKETING, N_("Marketing"))),
            hint=N_("SparkPost keeps a list of unsubscribed addresses for each of the two."),
        ),
    ),
    most_recipients=_MOST_RECIPIENTS,
    largest_size=_LARGEST,
    takes_whole_mails=True,
    meanings=(
        Meaning("api_sandbox", names=("2103",)),
        Meaning("api_quota_used_up", statuses="420"),
        Meaning("api_sender_refused", names=("7000", "7001", "2008")),
        Meaning("api_account_stopped", names=("1601",)),
        Meaning("api_unavailable", names=("1502", "1900")),
        Meaning("api_request_refused", statuses="422"),
    ),
    checks=(
        Check("authenticate", _ask_for_nothing, _find_login),
        Check("credits", _ask_account, _find_account),
        Check("domain", _ask_domains, _find_domains),
    ),
)
