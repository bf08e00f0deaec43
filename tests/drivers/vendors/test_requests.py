"""What each vendor is sent: by its own description, with nothing lost, to the right people."""

import jsonschema_rs
import pytest

from panel.domain.outcome import Move
from panel.drivers.http.vendor import Vendor
from panel.drivers.registry import VENDORS
from tests.drivers.vendors.requests import (
    PICTURE,
    REPORT,
    a_rich_parcel,
    contract,
    files_in,
    pieces_for,
    rich_parcel_for,
    texts_in,
    value_of,
)
from tests.drivers.vendors.samples import HEADER, KEY, a_parcel, an_account, samples
from tests.fakes.http_server import Asked

JSON_VENDORS = [vendor for vendor in VENDORS if not vendor.takes_whole_mails]
MIME_VENDORS = [vendor for vendor in VENDORS if vendor.takes_whole_mails]


LACKS = [(vendor, lack) for vendor in VENDORS for lack in samples(vendor.name).get("lacks", [])]


def name_of_lack(item: object) -> str:
    return item["about"] if isinstance(item, dict) else str(getattr(item, "name", item))


def by_name(vendor: Vendor) -> str:
    return vendor.name


def octets_of(asked: Asked) -> bytes:
    """What a request carries, in clear, as a JSON text or in base64."""
    if not asked.headers["content-type"].startswith("application/json"):
        return asked.body
    texts = "\n".join(texts_in(asked.json)).encode()
    return b"\n".join((texts, *files_in(asked.json)))


def with_field(line: str) -> bytes:
    return HEADER + line.encode() + b"\r\n"


@pytest.mark.parametrize("is_rich", [True, False], ids=["rich", "plain"])
def test_request_is_as_the_vendor_describes_it(vendor, server, send, is_rich):
    parcel = rich_parcel_for(vendor) if is_rich else a_parcel()

    outcomes = send(an_account(vendor, server.port), parcel)

    (asked,) = server.asked
    described = contract(vendor.name)
    jsonschema_rs.validate(described["schema"], value_of(asked))
    assert (asked.method, asked.path) == (described["method"], described["path"])
    assert set(described["headers"]) <= set(asked.headers)
    assert all(outcome.is_sent for outcome in outcomes)


@pytest.mark.parametrize("vendor", JSON_VENDORS, ids=by_name, indirect=True)
def test_nothing_of_a_mail_is_lost(vendor, server, send):
    send(an_account(vendor, server.port), rich_parcel_for(vendor))

    value = value_of(server.asked[0])
    texts = "\n".join(texts_in(value)).replace("list_unsubscribe", "List-Unsubscribe")
    assert [piece for piece in pieces_for(vendor) if piece not in texts] == []
    assert {PICTURE, REPORT} <= files_in(value)
    assert "İkinci satır" in texts


@pytest.mark.parametrize("vendor", MIME_VENDORS, ids=by_name, indirect=True)
def test_whole_mail_arrives_byte_by_byte(vendor, server, send):
    parcel = a_rich_parcel()

    send(an_account(vendor, server.port), parcel)

    assert parcel.whole() in octets_of(server.asked[0])
    texts = "\n".join(texts_in(value_of(server.asked[0])))
    assert [each for each in parcel.recipients if each not in texts] == []


@pytest.mark.parametrize("vendor", MIME_VENDORS, ids=by_name, indirect=True)
def test_whole_mail_may_be_signed(vendor, server, send):
    header = HEADER.replace(b"text/plain; charset=utf-8", b'multipart/signed; boundary="b"')

    (outcome,) = send(an_account(vendor, server.port), a_parcel(header=header))

    assert outcome.is_sent
    assert header in octets_of(server.asked[0])


@pytest.mark.parametrize("vendor", JSON_VENDORS, ids=by_name, indirect=True)
def test_hidden_recipients_are_not_shown_to_each_other(vendor, server, send):
    header = HEADER.replace(b"anna@there.test", b"list@there.test")

    outcomes = send(
        an_account(vendor, server.port), a_parcel("x@one.test", "y@two.test", header=header)
    )

    assert [outcome.move for outcome in outcomes] == [Move.SENT, Move.AGAIN]
    assert b"y@two.test" not in server.asked[0].body
    assert b"list@there.test" not in server.asked[0].body


def test_more_recipients_than_a_call_carries_follow_in_turn(vendor, server, send):
    names = [f"r{number}@there.test" for number in range(vendor.most_recipients + 3)]
    header = HEADER.replace(b"berta@there.test", ",\r\n ".join(names).encode())

    outcomes = send(an_account(vendor, server.port), a_parcel(*names, header=header))

    moves = [outcome.move for outcome in outcomes]
    assert moves == [Move.SENT] * vendor.most_recipients + [Move.AGAIN] * 3
    assert len(server.asked) == 1


def test_more_copies_than_a_call_carries_follow_in_turn(vendor, server, send):
    if vendor.most_copies is None:
        return
    hidden = [f"r{number}@there.test" for number in range(vendor.most_copies + 2)]

    outcomes = send(an_account(vendor, server.port), a_parcel("anna@there.test", *hidden))

    moves = [outcome.move for outcome in outcomes]
    assert moves == [Move.SENT] * (1 + vendor.most_copies) + [Move.AGAIN] * 2


@pytest.mark.parametrize(
    "header",
    [
        HEADER.replace(b"text/plain; charset=utf-8", b'multipart/signed; boundary="b"'),
        HEADER.replace(b"charset=utf-8", b"charset=x-unknown"),
        HEADER.replace(b"text/plain;", b"text/calendar; method=REQUEST;"),
        HEADER.replace(b"<post@house.test>", b"<post@house.test>, other@house.test"),
    ],
    ids=["signed", "charset", "invitation", "two senders"],
)
@pytest.mark.parametrize("vendor", JSON_VENDORS, ids=by_name, indirect=True)
def test_what_cannot_be_carried_is_refused_before_it_is_sent(vendor, server, send, header):
    (outcome,) = send(an_account(vendor, server.port), a_parcel(header=header))

    assert (outcome.rule, outcome.move) == ("api_cannot_carry", Move.NEXT_OR_FAIL)
    assert outcome.detail
    assert server.asked == []


@pytest.mark.parametrize(("vendor", "lack"), LACKS, ids=name_of_lack, indirect=["vendor"])
def test_what_a_vendor_lacks_is_refused_before_it_is_sent(vendor, server, send, lack):
    header = HEADER.replace(*(part.encode() for part in lack["instead"]))

    recipients = lack.get("recipients", [])

    outcomes = send(an_account(vendor, server.port), a_parcel(*recipients, header=header))

    assert header != HEADER
    assert {outcome.rule for outcome in outcomes} == {"api_cannot_carry"}
    assert server.asked == []


def test_inline_picture_is_carried_or_refused(vendor, server, send):
    takes_inline = samples(vendor.name).get("takes_inline", True)

    outcomes = send(an_account(vendor, server.port), a_rich_parcel())

    assert {outcome.is_sent for outcome in outcomes} == {takes_inline}
    assert bool(server.asked) is takes_inline


def test_key_is_only_where_it_belongs(vendor, server, send):
    send(an_account(vendor, server.port), rich_parcel_for(vendor))

    (asked,) = server.asked
    assert KEY not in asked.path
    assert KEY.encode() not in asked.body


def test_same_mail_has_the_same_key_and_another_one_another(vendor, server, send):
    if not vendor.is_idempotent:
        return
    account = an_account(vendor, server.port)

    send(account, a_parcel(), a_parcel(), a_parcel(header=with_field("X-Copy: 1")))

    first, again, other = (asked.headers["idempotency-key"] for asked in server.asked)
    assert first == again != other
