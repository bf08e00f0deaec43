"""AWS Signature Version 4: what a request and a key pair come to, as a pure function.

Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote

from panel.drivers.http.exchange import Request

_ALGORITHM = "AWS4-HMAC-SHA256"
_END = "aws4_request"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Who signs, for which service in which region."""

    key_id: str
    secret: str = field(repr=False)
    region: str
    service: str


def signed(request: Request, pair: KeyPair, *, host: str, at: datetime) -> Request:
    """The request with `X-Amz-Date` and `Authorization`; all of its header fields are signed.

    `host` is the Host field as it will be sent; `at` is aware. What a request says must not change
    after this.
    """
    stamp = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    fields = (*request.headers, ("X-Amz-Date", stamp))
    shown = (*fields, ("Host", host))
    known = sorted((name.lower(), " ".join(value.split())) for name, value in shown)
    names = ";".join(name for name, _ in known)
    scope = f"{stamp[:8]}/{pair.region}/{pair.service}/{_END}"
    asked = _digest(_canonical(request, known, names).encode())
    to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{asked}".encode()
    signature = hmac.new(_key(pair, stamp[:8]), to_sign, hashlib.sha256).hexdigest()
    told = f"Credential={pair.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return replace(request, headers=(*fields, ("Authorization", f"{_ALGORITHM} {told}")))


def _canonical(request: Request, fields: list[tuple[str, str]], names: str) -> str:
    """Step 1: the request in the one form that both sides can write down."""
    path, _, query = request.path.partition("?")
    lines = [
        request.method,
        quote(path or "/", safe="/~"),
        "&".join(sorted(_parameter(each) for each in query.split("&") if each)),
        *(f"{name}:{value}" for name, value in fields),
        "",
        names,
        _digest(request.body),
    ]
    return "\n".join(lines)


def _parameter(text: str) -> str:
    """The query is encoded already; a name alone has an empty value."""
    return text if "=" in text else f"{text}="


def _key(pair: KeyPair, day: str) -> bytes:
    """Step 3: a key of the day, the region and the service."""
    key = f"AWS4{pair.secret}".encode()
    for part in (day, pair.region, pair.service, _END):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()
