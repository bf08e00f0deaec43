"""Where a server offers HTTP/2 it is spoken, with the same promises."""

import pytest

from panel.domain.outcome import Move
from panel.domain.provider import Encryption
from panel.drivers.postmark import VENDOR as POSTMARK
from tests.drivers.smtp.accounts import closed
from tests.drivers.vendors.samples import a_parcel, an_account, samples
from tests.fakes.http2_server import Http2Server

LARGE = b"A line of a large mail.\r\n" * 20_000


@pytest.fixture(params=[POSTMARK], ids=["postmark"])
def vendor(request):
    """One is enough: what differs lies beneath the vendors."""
    return request.param


@pytest.fixture
def server(vendor):
    with Http2Server(samples(vendor.name)["success"]["body"].encode()) as server:
        yield server


def test_mails_share_one_connection(vendor, server, send):
    account = an_account(vendor, server.port, encryption=Encryption.SSL)

    outcomes = send(account, a_parcel(), a_parcel(body=LARGE), a_parcel())

    assert [outcome.move for outcome in outcomes] == [Move.SENT] * 3
    assert server.connections == 1
    headers, body = server.asked[1]
    assert headers[b":authority"] == f"localhost:{server.port}".encode()
    assert len(body) == int(headers[b"content-length"])


def test_nothing_is_handed_over_when_the_lease_is_lost(vendor, server, send):
    account = an_account(vendor, server.port, encryption=Encryption.SSL)

    (outcome,) = send(account, a_parcel(), gate=closed)

    assert outcome.rule == "lease_lost"
    assert server.asked == []
