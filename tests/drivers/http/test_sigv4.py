"""Signatures are those that the SDK of AWS makes."""

from datetime import UTC, datetime, timedelta, timezone

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as some

from panel.drivers.http.exchange import Request
from panel.drivers.http.sigv4 import KeyPair, signed

AT = datetime(2026, 11, 20, 12, 34, 56, tzinfo=UTC)
HOST = "email.eu-central-1.amazonaws.com"
PAIR = KeyPair("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-central-1", "ses")
JSON = (("Content-Type", "application/json"),)


def by_botocore(request, pair=PAIR, *, host=HOST, at=AT) -> str:
    """The Authorization field that botocore's own signer makes for the same request."""
    theirs = AWSRequest(
        request.method,
        f"https://{host}{request.path}",
        headers=dict(request.headers),
        data=request.body,
    )
    theirs.headers["X-Amz-Date"] = theirs.context["timestamp"] = at.strftime("%Y%m%dT%H%M%SZ")
    theirs.headers["Host"] = host
    signer = botocore.auth.SigV4Auth(
        Credentials(pair.key_id, pair.secret), pair.service, pair.region
    )
    told = signer.string_to_sign(theirs, signer.canonical_request(theirs))
    fields = signer.signed_headers(signer.headers_to_sign(theirs))
    signature = signer.signature(told, theirs)
    return (
        f"AWS4-HMAC-SHA256 Credential={signer.scope(theirs)}, SignedHeaders={fields}, "
        f"Signature={signature}"
    )


@pytest.mark.parametrize(
    "request_",
    [
        Request("GET", "/v2/email/account", JSON),
        Request("POST", "/v2/email/outbound-emails", JSON, '{"a":"ö"}'.encode()),
        Request("POST", "/", (("X-Long", "  many   spaces "), *JSON), b"x" * 70_000),
        Request("GET", "/below/v2/email/configuration-sets/a%20b?b=2&a=1&a=0", JSON),
    ],
    ids=["get", "post", "spaces", "path and query"],
)
def test_signature_is_that_of_the_sdk(request_):
    made = dict(signed(request_, PAIR, host=HOST, at=AT).headers)

    assert made["Authorization"] == by_botocore(request_)
    assert made["X-Amz-Date"] == "20261120T123456Z"


@settings(max_examples=30, deadline=None)
@given(body=some.binary(max_size=200), secret=some.text("abc+/=09", min_size=1, max_size=40))
def test_any_body_and_any_key_is_signed_as_the_sdk_does(body, secret):
    pair = KeyPair("AKID", secret, "us-east-1", "ses")
    request = Request("POST", "/v2/email/outbound-emails", JSON, body)

    made = dict(signed(request, pair, host="localhost:8443", at=AT).headers)

    assert made["Authorization"] == by_botocore(request, pair, host="localhost:8443")


def test_time_counts_in_utc():
    request = Request("GET", "/v2/email/account", JSON)
    there = AT.astimezone(timezone(timedelta(hours=3)))

    assert signed(request, PAIR, host=HOST, at=there) == signed(request, PAIR, host=HOST, at=AT)


def test_key_is_in_no_field_and_in_no_repr():
    made = signed(Request("GET", "/", JSON), PAIR, host=HOST, at=AT)

    assert PAIR.secret not in str(made.headers)
    assert PAIR.secret not in repr(PAIR)
