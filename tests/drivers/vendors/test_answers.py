"""What each vendor answers leads every recipient to the right row; keys come back nowhere."""

import json
from dataclasses import replace

import pytest

from panel.domain.http_rules import HTTP_RULES
from panel.domain.outcome import Effect, Move, Scope
from panel.drivers.registry import VENDORS
from tests.drivers.vendors.samples import (
    ANNA,
    BERTA,
    KEY,
    a_parcel,
    an_account,
    given,
    samples,
    success,
)
from tests.fakes.http_server import Given
from tests.rules.sources import ROOT

ANSWERS = [(vendor, sample) for vendor in VENDORS for sample in samples(vendor.name)["answers"]]
FAR = "2999-01-01T00:00:00Z"
ROWS = [
    (301, "api_redirected"),
    (307, "api_redirected"),
    (400, "api_request_refused"),
    (401, "api_key_refused"),
    (402, "api_unpaid"),
    (403, "api_forbidden"),
    (404, "api_address_wrong"),
    (405, "api_address_wrong"),
    (408, "api_request_incomplete"),
    (409, "api_conflict"),
    (410, "api_address_wrong"),
    (413, "api_too_large"),
    (415, "api_address_wrong"),
    (421, "api_address_wrong"),
    (422, "api_mail_refused"),
    (429, "api_rate_limited"),
    (418, "api_request_refused"),
    (500, "api_server_failed"),
    (502, "api_server_failed"),
    (504, "api_server_failed"),
    (503, "api_unavailable"),
    (599, "api_server_failed"),
]


def name_of(item: object) -> str:
    if isinstance(item, dict):
        return f"{item['status']}-{item['rules'][0]}"
    return str(getattr(item, "name", item))


def test_taken_mail_is_sent_and_keeps_the_id_of_the_provider(vendor, server, send):
    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert (outcome.move, outcome.effect) == (Move.SENT, Effect.RECOVER)
    assert outcome.provider_reference == samples(vendor.name)["success"]["reference"]
    (asked,) = server.asked
    assert asked.is_whole
    assert asked.headers["host"] == f"localhost:{server.port}"
    assert "cookie" not in asked.headers


@pytest.mark.parametrize(("vendor", "sample"), ANSWERS, ids=name_of, indirect=["vendor"])
def test_known_answer_leads_to_its_row(vendor, server, send, sample):
    server.answer = lambda _: given(sample)
    recipients = sample.get("recipients", [ANNA])

    outcomes = send(an_account(vendor, server.port), a_parcel(*recipients))

    assert [outcome.rule for outcome in outcomes] == sample["rules"]
    if "references" in sample:
        assert [outcome.provider_reference for outcome in outcomes] == sample["references"]
    assert outcomes[0].retry_after_s == sample.get("retry_after_s")


@pytest.mark.parametrize(("status", "rule"), ROWS)
def test_status_alone_leads_to_its_row(vendor, server, send, status, rule):
    server.answer = lambda _: Given(status, headers={"Location": "/elsewhere"})

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert outcome.rule == samples(vendor.name).get("statuses", {}).get(str(status), rule)
    assert str(outcome.reply).startswith(str(status))
    assert "/elsewhere" not in {asked.path for asked in server.asked}


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "37"}, 37),
        ({"Retry-After": "999999999"}, 86400),
        ({"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"X-RateLimit-Reset": "12"}, 12),
        ({"X-RateLimit-Reset": "12", "X-ApiQuota-Remaining": "0", "X-ApiQuota-Reset": FAR}, 86400),
        ({"X-RateLimit-Reset": "2026-11-20 noon"}, None),
        ({}, None),
    ],
)
def test_refusal_for_its_rate_keeps_the_wait_that_it_names(vendor, server, send, headers, wait_s):
    server.answer = lambda _: Given(429, headers=headers)

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert (outcome.effect, outcome.retry_after_s) == (Effect.OPEN, wait_s)


def test_last_of_an_allowance_pauses_the_provider(vendor, server, send):
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9"}
    server.answer = lambda _: replace(success(vendor), headers=success(vendor).headers | headers)

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert (outcome.move, outcome.pause_s) == (Move.SENT, 9)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"id":{"a":1}}'])
def test_success_that_cannot_be_read_is_a_success(vendor, server, send, body):
    server.answer = lambda _: Given(success(vendor).status, body)

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert (outcome.rule, outcome.provider_reference) == ("api_accepted_without_id", "")
    assert outcome.move is Move.SENT


@pytest.mark.parametrize("body", [b"<html>Bad", b"[[[[", b'"text"', b"[" * 100_000, b"\x00\x1b[2J"])
def test_refusal_that_cannot_be_read_is_judged_by_its_status(vendor, server, send, body):
    server.answer = lambda _: Given(401, body)

    (outcome,) = send(an_account(vendor, server.port), a_parcel())

    assert outcome.rule == "api_key_refused"
    assert outcome.said.isprintable()


def test_key_is_masked_wherever_it_comes_back(vendor, driver, server, send):
    account = an_account(vendor, server.port)
    said = " ".join(vendor.secrets(account))
    texts = dict.fromkeys(("message", "Message", "error", "name", "id", "MessageID"), said)
    errors = {"errors": [{"message": said}], "ErrorCode": said}
    told = []
    for status in (200, 400, 401, 422, 500):
        server.answer = lambda _, s=status: Given(s, json.dumps(texts | errors).encode())
        told += send(account, a_parcel())

    assert any(vendor.secrets(account))
    assert not [secret for secret in vendor.secrets(account) if secret in repr(told)]
    assert KEY not in repr(account)


def test_recipients_keep_their_order(vendor, server, send):
    outcomes = send(an_account(vendor, server.port), a_parcel(BERTA, ANNA))

    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.SENT]


def test_rows_keep_the_rules_of_the_whole_table():
    for rule in HTTP_RULES:
        if rule.scope is Scope.PROVIDER:
            assert rule.move in (Move.NEXT, Move.AGAIN, Move.UNCONFIRMED), rule.name
        if rule.scope is Scope.RECIPIENT:
            assert rule.effect is Effect.NONE, rule.name
        if rule.effect is Effect.REFUSE_SENDER:
            assert rule.scope is Scope.SENDER, rule.name
        assert rule.because.endswith(".")


def test_every_answer_says_where_it_was_seen(vendor):
    known = samples(vendor.name)

    assert len(known["source"]) > 20
    seen = {sample["seen"] for sample in known["answers"]}
    assert seen <= {"specification", "documentation", "assumed"}


def test_every_vendor_has_a_page_that_names_its_sources(vendor):
    page = (ROOT / "docs" / "drivers" / f"{vendor.name}.md").read_text("utf-8")

    assert page.startswith(f"# {vendor.label}")
    assert "Sources:" in page
