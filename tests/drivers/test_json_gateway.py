"""The gateway: no mail gets out of its place, no key into a setting, and nothing is dropped."""

import asyncio
import base64
from typing import Any

import pytest

from panel.domain.outcome import Move, Outcome
from panel.drivers.contract import Account, Parcel
from panel.drivers.http.driver import ApiDriver
from panel.drivers.http.gateway_template import fill_headers, read_body, read_headers
from panel.drivers.json_gateway import VENDOR
from panel.drivers.mail import CannotCarry
from tests.drivers.smtp.accounts import opened
from tests.drivers.vendors.requests import a_rich_parcel
from tests.drivers.vendors.samples import HEADER, KEY, a_parcel, an_account
from tests.fakes.http_server import Asked, Given, HttpServer

HEADERS = '{"Authorization": "Bearer {{secret}}"}'
BODY = '{"from": "{{from}}", "to": "{{to}}", "subject": "{{subject}}", "text": "{{text}}"}'
SETTINGS = {"path": "/send", "headers": HEADERS, "body": BODY}
TAKEN = Given(200, b'{"id": "7"}')


def sent(parcel: Parcel, given: Given = TAKEN, **changed: str) -> tuple[Outcome, list[Asked]]:
    """What came of it for the first recipient, and what the gateway was asked."""

    async def run(account: Account) -> Outcome:
        connection = await ApiDriver(VENDOR).connect(account)
        assert not isinstance(connection, Outcome)
        outcomes = await connection.send(parcel, opened)
        await connection.close()
        return outcomes[0]

    with HttpServer() as server:
        server.answer = lambda _: given
        settings = tuple((SETTINGS | changed).items())
        return asyncio.run(run(an_account(VENDOR, server.port, settings=settings))), server.asked


@pytest.mark.parametrize(
    "evil",
    [
        '", "admin": true, "x": "',
        "{{secret}} {{basic}}",
        "{{text}}{{subject}}",
        "\\u0022, \\",
        "</script>%0d%0aX: 1",
    ],
)
def test_subject_cannot_leave_its_place(evil):
    header = HEADER.replace(b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", evil.encode())

    outcome, (asked,) = sent(a_parcel(header=header))

    assert outcome.is_sent
    assert set(asked.json) == {"from", "to", "subject", "text"}
    assert asked.json["subject"] == evil
    assert KEY.encode() not in asked.body


def test_message_id_cannot_add_a_header_field():
    text = '{"Authorization": "{{secret}}", "X-Id": "{{message_id}}"}'
    values = {"secret": KEY, "message_id": "<a@b>\r\nX-Admin: 1"}

    with pytest.raises(CannotCarry):
        fill_headers(text, values)


@pytest.mark.parametrize("secret", ["a\r\nX: 1", "a\x00", "ключ", " a", "a\n"])
def test_key_that_is_no_line_is_not_sent(secret):
    with pytest.raises(CannotCarry):
        fill_headers(HEADERS.replace("Bearer ", ""), {"secret": secret})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"Authorization": "Bearer abc"}',
        '{"X-Api-Key": "abc", "Authorization": "{{secret}}"}',
        '{"Authorization": "{{secret}}", "authorization": "{{basic}}"}',
        '{"Authorization": "{{secret}}", "X": 1}',
        '{"Authorization": "{{secret}}\\r\\nX: 1"}',
        '{"Authorization\\r\\nX": "{{secret}}"}',
        '{"Authorization": "{{secret}}", "Host": "elsewhere.test"}',
        '{"Authorization": "{{secret}}", "Content-Length": "0"}',
        '{"Authorization": "{{secret}}", "Transfer-Encoding": "chunked"}',
        '{"Authorization": "{{secret}}", "X": "{{subject}}"}',
    ],
)
def test_header_fields_that_are_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - the form has words of its own
        read_headers(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"to": "{{to}}"}',
        '{"from": "{{from}}"}',
        BODY.replace("{{text}}", "{{secret}}"),
        BODY.replace("{{text}}", "{{basic}}"),
    ],
)
def test_body_without_sender_or_recipient_or_with_the_key_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        read_body(text)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (BODY, "Cc"),
        (BODY.replace("{{to}}", "{{recipients}}"), "Reply-To"),
        (BODY.replace("{{from}}", "{{from_email}}"), "a name of the sender"),
    ],
)
def test_what_the_template_has_no_place_for_is_refused_before_anything_is_sent(body, what):
    outcome, asked = sent(a_rich_parcel(), body=body)

    assert (outcome.rule, outcome.move) == ("api_cannot_carry", Move.NEXT_OR_FAIL)
    assert what in outcome.detail
    assert asked == []


@pytest.mark.parametrize(
    ("changed", "given", "rule", "reference"),
    [
        ({}, TAKEN, "api_accepted", "7"),
        ({"id_at": "header:X-Id"}, Given(201, headers={"X-Id": "9"}), "api_accepted", "9"),
        ({"id_at": "a.1"}, Given(200, b'{"a": [1, "two"]}'), "api_accepted", "two"),
        ({"id_at": "a.9"}, Given(200, b'{"a": [1]}'), "api_accepted_without_id", ""),
        ({"success": "202"}, TAKEN, "api_server_failed", ""),
        ({"success": "202"}, Given(202, b'{"id": "8"}'), "api_accepted", "8"),
    ],
)
def test_settings_tell_what_an_answer_means(changed, given, rule, reference):
    outcome, _ = sent(a_parcel(), given, **changed)

    assert (outcome.rule, outcome.provider_reference) == (rule, reference)


def test_method_and_basic_authentication_are_those_of_the_settings():
    _, (asked,) = sent(a_parcel(), method="PUT", headers='{"Authorization": "Basic {{basic}}"}')

    credentials = base64.b64encode(f"house:{KEY}".encode()).decode()
    assert (asked.method, asked.path) == ("PUT", "/send")
    assert asked.headers["authorization"] == f"Basic {credentials}"


def test_settings_hold_no_literal_key():
    settings: dict[str, Any] = {item.name: item for item in VENDOR.settings}

    assert not settings["headers"].fits('{"Authorization": "Bearer abc"}')
    assert not settings["path"].fits("/send?api_key=abc")
    assert settings["headers"].fits(HEADERS.replace(": ", ":\r\n\t"))
    assert not settings["body"].fits(BODY.replace(": ", ": " + " " * 3000))
