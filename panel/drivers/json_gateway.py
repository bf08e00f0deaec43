"""A gateway with an API of its own: one call with JSON, described by the settings of the account.

Header fields and body are templates with plain placeholders (`panel/drivers/http/template.py`).
The key has its place in the header fields only, by `{{secret}}` or `{{basic}}`.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from panel.domain.connection_test import StepStatus
from panel.domain.http_rules import Meaning
from panel.drivers.contract import Account
from panel.drivers.description import N_, ExtraSetting
from panel.drivers.http.exchange import Answer, Request, as_json
from panel.drivers.http.gateway_template import fill_body, fill_headers, read_body, read_headers
from panel.drivers.http.vendor import Check, Finding, Letter, Said, Vendor
from panel.drivers.mail import CannotCarry

_ID = r"header:[A-Za-z0-9-]{1,100}|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){0,9}"
_PATH = r"/[A-Za-z0-9._~/-]*"


def request(letter: Letter) -> Request:
    """One call with the filled templates. Raises CannotCarry for what they have no place for."""
    account = letter.account
    headers = _headers(account, key=letter.key, message_id=letter.mail.message_id)
    body = as_json(fill_body(letter, account.setting("body")))
    return Request(account.setting("method") or "POST", account.setting("path"), headers, body)


def read(answer: Answer, recipients: Sequence[str], *, id_at: str = "id") -> Said:
    """The id is where the settings say; the words of a refusal where they mostly are."""
    del recipients
    made = answer.json
    error = made.get("error") if isinstance(made, dict) else None
    places = (made, error if isinstance(error, dict) else None)
    texts = (_at(place, name) for place in places for name in ("message", "error", "detail"))
    text = next(filter(None, texts), "")
    if id_at.startswith("header:"):
        return Said(text=text, reference=answer.headers.get(id_at[7:].lower(), ""))
    return Said(text=text, reference=_at(made, id_at))


def _at(value: Any, path: str) -> str:
    """What stands at `data.0.id` of a JSON value; empty where there is no text and no number."""
    for name in path.split("."):
        if isinstance(value, list) and name.isascii() and name.isdigit():
            value = value[int(name)] if int(name) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, dict) else None
    return str(value) if isinstance(value, str | int | float) else ""


def _headers(account: Account, *, key: str, message_id: str) -> tuple[tuple[str, str], ...]:
    secret, basic = _secrets(account)
    texts = {
        "secret": secret,
        "basic": basic,
        "username": account.username,
        "key": key,
        "message_id": message_id,
    }
    made = fill_headers(account.setting("headers"), texts)
    return (*made, ("Content-Type", "application/json"))


def _secrets(account: Account) -> tuple[str, str]:
    basic = base64.b64encode(f"{account.username}:{account.secret}".encode()).decode("ascii")
    return (account.secret, basic)


def _site(settings: Mapping[str, str]) -> str:
    return settings.get("address") or "https://gateway.example.net"


def _fitted(vendor: Vendor, account: Account) -> Vendor:
    """With the place of the id; a success that is not listed may be anything, so it is in doubt."""
    listed = account.setting("success").split()
    others = [str(status) for status in range(200, 300) if listed and str(status) not in listed]
    doubt = (Meaning("api_server_failed", statuses=" ".join(others)),) if others else ()
    return replace(
        vendor,
        read=partial(read, id_at=account.setting("id_at") or "id"),
        meanings=(*doubt, *vendor.meanings),
    )


def _ask_status(account: Account) -> Request | None:
    path = account.setting("check_path")
    if not path:
        return None
    try:
        headers = _headers(account, key="test", message_id="<test@postroom>")
    except (CannotCarry, ValueError):
        return None
    return Request("GET", path, headers)


def _find_status(answer: Answer, account: Account) -> Finding | None:
    del account
    return Finding(StepStatus.OK) if answer.status < 300 else None


VENDOR = Vendor(
    name="json_gateway",
    label="JSON gateway",
    site=_site,
    request=request,
    read=read,
    secrets=_secrets,
    fitted=_fitted,
    settings=(
        ExtraSetting(
            "address",
            N_("Address"),
            hint=N_("Of the gateway, for example https://crm.example.net."),
            is_required=True,
            pattern=r"https://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~-]+)*/?",
        ),
        ExtraSetting(
            "path",
            N_("Path"),
            hint=N_("Of the call that sends, for example /api/messages."),
            is_required=True,
            pattern=_PATH,
        ),
        ExtraSetting("method", N_("Method"), choices=(("POST", "POST"), ("PUT", "PUT"))),
        ExtraSetting(
            "headers",
            N_("Header fields"),
            hint=N_(
                "A JSON object of names and values. The key stands in none of them: write "
                "{{secret}} where it belongs, or {{basic}} for user name and password."
            ),
            is_required=True,
            is_long=True,
            longest=2000,
            reads=read_headers,
        ),
        ExtraSetting(
            "body",
            N_("Body"),
            hint=N_(
                "A JSON object with placeholders like {{subject}} in its values, as its page in "
                "the documentation lists them."
            ),
            is_required=True,
            is_long=True,
            longest=8000,
            reads=read_body,
        ),
        ExtraSetting(
            "id_at",
            N_("Where the id is"),
            hint=N_("In the answer, for example data.0.id or header:X-Message-Id. Empty: id."),
            pattern=_ID,
        ),
        ExtraSetting(
            "success",
            N_("Statuses of success"),
            hint=N_("For example 200 202. Empty: every status that begins with 2."),
            pattern=r"2[0-9]{2}( 2[0-9]{2})*",
        ),
        ExtraSetting(
            "check_path",
            N_("Path of the test"),
            hint=N_("Asked by GET in the live test; only a right key may get a success there."),
            pattern=_PATH,
        ),
    ),
    fields=frozenset({"verify_certificate", "username"}),
    meanings=(),
    checks=(Check("authenticate", _ask_status, _find_status),),
)
