"""Amazon SES: the whole mail in base64 to `/v2/email/outbound-emails`, signed with a key pair.

Sources: the AWS SDK's service model of SES v2 (paths, shapes, errors),
docs.aws.amazon.com/ses/latest/dg (quotas.html, manage-sending-quotas-errors.html),
docs.aws.amazon.com/general/latest/gr/ses.html (endpoints).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account, Parcel
from panel.drivers.description import N_, ExtraSetting
from panel.drivers.http.client import host_field
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.sigv4 import KeyPair, signed
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor, shown_in
from panel.drivers.mail import CannotCarry

_SET = "configuration_set"
_JSON = (("Content-Type", "application/json"),)
_LARGEST = 40 * 1024 * 1024 // 4 * 3
"""Octets of a mail: 40 MB after base64 (dg/quotas.html, “Message quotas”)."""
_MESSAGE_ID = re.compile(rb"^message-id:\s*<([A-Za-z0-9_-]{1,256})@", re.IGNORECASE | re.MULTILINE)
_MOST_SHOWN = 5


def request(letter: Letter) -> Request:
    """`SendEmail` with raw content: `Destination` is the envelope, the mail says who is shown."""
    parcel = letter.parcel
    for address in parcel.recipients:
        if not address.isascii():
            raise CannotCarry(f"Amazon SES takes no address like {address}")
    content = b"\r\n".join((parcel.header, parcel.body))
    fields: dict[str, Any] = {
        "Destination": {"ToAddresses": list(parcel.recipients)},
        "Content": {"Raw": {"Data": base64.b64encode(content).decode("ascii")}},
    }
    if letter.account.setting(_SET):
        fields["ConfigurationSetName"] = letter.account.setting(_SET)
    if tags := _tags(parcel):
        fields["EmailTags"] = tags
    return Request("POST", "/v2/email/outbound-emails", _JSON, as_json(fields))


def read(answer: Answer, recipients: Sequence[str]) -> Said:
    """`{"MessageId": "…"}`; a refusal has `message`, and its type in `x-amzn-ErrorType`.

    “Email address is not verified. The following identities failed the check in region EU-WEST-1:
    a@b.test”: where a recipient is named the account is in the sandbox, as only there recipients
    have to be verified.
    """
    lower, upper, kind, reference = answer.texts("message", "Message", "__type", "MessageId")
    text = lower or upper
    name = (answer.headers.get("x-amzn-errortype", "") or kind).partition(":")[0]
    is_sandbox = "is not verified" in text and bool(shown_in(text, recipients))
    return Said(
        name=name.rpartition("#")[2],
        text=text,
        reference=reference,
        blamed=dict.fromkeys(recipients, "api_sandbox") if is_sandbox else {},
    )


def sign(request: Request, account: Account, at: datetime) -> Request:
    """By the account's key pair, for its region."""
    pair = KeyPair(account.username, account.secret, account.setting("region"), "ses")
    return signed(request, pair, host=host_field(account), at=at)


def _tags(parcel: Parcel) -> list[dict[str, str]]:
    """Our id, as SES writes a Message-ID of its own; events repeat tags."""
    found = _MESSAGE_ID.search(parcel.header)
    return [{"Name": "postroom", "Value": found.group(1).decode("ascii")}] if found else []


def _site(settings: Mapping[str, str]) -> str:
    return f"https://email.{settings.get('region') or 'us-east-1'}.amazonaws.com"


def _secrets(account: Account) -> tuple[str, ...]:
    """The key itself never goes over the wire."""
    return (account.secret,)


def _ask_account(account: Account) -> Request:
    del account
    return Request("GET", "/v2/email/account", _JSON)


def _find_account(answer: Answer, account: Account) -> Finding | None:
    """`AccessDeniedException` comes after the signature was found to be right."""
    del account
    if _is_denied(answer):
        return Finding(StepStatus.WARNING, "This key may not look at the account")
    return Finding(StepStatus.OK) if answer.status == 200 else None


def _find_sending(answer: Answer, account: Account) -> Finding | None:
    """`ProductionAccessEnabled` is false in the sandbox, `SendingEnabled` while it is paused."""
    told = _told(answer)
    if told is None:
        return _find_account(answer, account)
    state = str(told.get("EnforcementStatus", ""))
    if told.get("SendingEnabled") is False:
        return Finding(StepStatus.FAILED, state or "Sending is paused", "api_account_stopped")
    if told.get("ProductionAccessEnabled") is False:
        return Finding(StepStatus.WARNING, "A sandbox: it sends to verified addresses only")
    return Finding(StepStatus.OK if state in ("", "HEALTHY") else StepStatus.WARNING, state)


def _find_quota(answer: Answer, account: Account) -> Finding | None:
    """`SendQuota`: mails in 24 hours (-1: no limit) and in a second."""
    told = _told(answer)
    quota = told.get("SendQuota") if told is not None else None
    if not isinstance(quota, dict):
        return _find_account(answer, account)
    most, rate, sent = (_number(quota.get(key)) for key in _QUOTA)
    detail = f"{sent:.0f} of {most:.0f} in 24 hours, {rate:g} a second"
    if most < 0:
        detail = f"{sent:.0f} in 24 hours, {rate:g} a second"
    if 0 <= most <= sent:
        return Finding(StepStatus.FAILED, detail, "api_quota_used_up")
    return Finding(StepStatus.OK, detail)


_QUOTA = ("Max24HourSend", "MaxSendRate", "SentLast24Hours")


def _ask_identities(account: Account) -> Request:
    del account
    return Request("POST", "/v2/email/list-identities", _JSON, b'{"PageSize":100}')


def _find_identities(answer: Answer, account: Account) -> Finding | None:
    """`ListEmailIdentities`: what it may send for."""
    told = _told(answer)
    listed = told.get("EmailIdentities") if told is not None else None
    if not isinstance(listed, list):
        return _find_account(answer, account)
    names = [str(each.get("IdentityName", "")) for each in listed if _is_verified(each)]
    if not names:
        return Finding(StepStatus.WARNING, "No domain and no address is verified in this region")
    rest = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return Finding(StepStatus.OK, ", ".join(names[:_MOST_SHOWN]) + rest)


def _ask_set(account: Account) -> Request | None:
    name = account.setting(_SET)
    return Request("GET", f"/v2/email/configuration-sets/{name}", _JSON) if name else None


def _find_set(answer: Answer, account: Account) -> Finding | None:
    told = _told(answer)
    if told is None:
        return _find_account(answer, account)
    options = told.get("SendingOptions")
    if isinstance(options, dict) and options.get("SendingEnabled") is False:
        return Finding(StepStatus.FAILED, "Its sending is switched off", "api_account_stopped")
    return Finding(StepStatus.OK, account.setting(_SET))


def _told(answer: Answer) -> dict[str, Any] | None:
    made = answer.json
    return made if answer.status == 200 and isinstance(made, dict) else None


def _is_denied(answer: Answer) -> bool:
    return answer.status == 403 and read(answer, ()).name.startswith("AccessDenied")


def _is_verified(identity: object) -> bool:
    return isinstance(identity, dict) and identity.get("SendingEnabled") is True


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


VENDOR = Vendor(
    name="ses",
    label="Amazon SES",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    settings=(
        ExtraSetting(
            "region",
            N_("Region"),
            hint=N_("Where the domain is verified, for example eu-central-1."),
            is_required=True,
            pattern=r"[a-z]{2}(-[a-z]{2,12}){1,3}-[0-9]{1,2}",
        ),
        ExtraSetting(
            _SET,
            N_("Configuration set"),
            hint=N_("Only if events or an IP pool are to depend on it."),
            pattern=r"[A-Za-z0-9_-]{1,64}",
        ),
    ),
    fields=frozenset({"verify_certificate", "username"}),
    most_recipients=50,
    largest_size=_LARGEST,
    takes_whole_mails=True,
    sign=sign,
    meanings=(
        Meaning("api_unavailable", words=("signature expired", "signature not yet current")),
        Meaning(
            "api_key_refused",
            names=(
                "UnrecognizedClientException",
                "InvalidClientTokenId",
                "InvalidSignatureException",
                "SignatureDoesNotMatch",
                "IncompleteSignature",
                "ExpiredTokenException",
            ),
        ),
        Meaning("api_quota_used_up", words=("daily message quota", "daily sending quota")),
        Meaning("api_rate_limited", words=("maximum sending rate",)),
        Meaning("api_rate_limited", names=("TooManyRequestsException", "ThrottlingException")),
        Meaning("api_quota_used_up", names=("LimitExceededException",)),
        Meaning(
            "api_account_stopped", names=("AccountSuspendedException", "SendingPausedException")
        ),
        Meaning("api_sender_refused", names=("MailFromDomainNotVerifiedException",)),
        Meaning("api_sender_refused", names=("MessageRejected",), words=("is not verified",)),
        Meaning("api_too_large", names=("MessageRejected",), words=("message length",)),
        Meaning("api_content_refused", names=("MessageRejected",)),
        Meaning("api_settings_wrong", names=("NotFoundException",)),
        Meaning("api_settings_wrong", words=("configuration set",)),
    ),
    checks=(
        Check("authenticate", _ask_account, _find_account),
        Check("sending", _ask_account, _find_sending),
        Check("credits", _ask_account, _find_quota),
        Check("sender", _ask_identities, _find_identities),
        Check("configuration_set", _ask_set, _find_set),
    ),
)
