"""Amazon SES: a mail arrives with the SDK's signature, our id, and its envelope."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from panel.domain.outcome import Outcome
from panel.drivers.contract import Account, Parcel
from panel.drivers.http.driver import ApiDriver
from panel.drivers.http.exchange import Request
from panel.drivers.http.sigv4 import KeyPair
from panel.drivers.ses import VENDOR
from tests.drivers.http.test_sigv4 import by_botocore
from tests.drivers.smtp.accounts import opened
from tests.drivers.vendors.samples import ANNA, HEADER, KEY, a_parcel, an_account, success
from tests.fakes.http_server import Asked, HttpServer


def sent(parcel: Parcel, **fields: Any) -> tuple[tuple[Outcome, ...], list[Asked]]:
    """What came of it, and what the server was asked."""

    async def run(account: Account) -> tuple[Outcome, ...]:
        connection = await ApiDriver(VENDOR).connect(account)
        assert not isinstance(connection, Outcome)
        outcomes = await connection.send(parcel, opened)
        await connection.close()
        return outcomes

    with HttpServer() as server:
        server.answer = lambda _: success(VENDOR)
        return asyncio.run(run(an_account(VENDOR, server.port, **fields))), server.asked


def test_what_arrives_has_the_signature_of_the_sdk():
    _, (asked,) = sent(a_parcel())

    at = datetime.strptime(asked.headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    fields = (("Content-Type", asked.headers["content-type"]),)
    request = Request(asked.method, asked.path, fields, asked.body)
    pair = KeyPair("AKIA0TESTS0TESTS0KEY", KEY, "eu-central-1", "ses")
    host = asked.headers["host"]
    assert asked.headers["authorization"] == by_botocore(request, pair, host=host, at=at)


def test_envelope_id_and_configuration_set_go_along():
    _, (asked,) = sent(a_parcel(ANNA, "hidden@there.test"))

    assert asked.json["Destination"] == {"ToAddresses": [ANNA, "hidden@there.test"]}
    assert asked.json["EmailTags"] == [{"Name": "postroom", "Value": "01ABC"}]
    assert asked.json["ConfigurationSetName"] == "postroom"


def test_what_is_no_tag_and_not_set_is_left_out():
    header = HEADER.replace(b"01ABC", b"a+b")

    _, (asked,) = sent(a_parcel(header=header), settings=(("region", "eu-central-1"),))

    assert set(asked.json) == {"Destination", "Content"}


def test_address_beyond_ascii_is_refused_before_anything_is_sent():
    ((outcome,), asked) = sent(a_parcel("ölçüm@there.test"))

    assert outcome.rule == "api_cannot_carry"
    assert asked == []


def test_region_decides_the_place():
    place = VENDOR.description.place({"region": "eu-west-1"})

    assert place is not None
    assert place.host == "email.eu-west-1.amazonaws.com"
