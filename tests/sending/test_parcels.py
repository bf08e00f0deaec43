"""A mail leaves with a From that the provider may send for; answers still reach the author."""

import pytest

from panel.domain.chain import Candidate
from panel.domain.delivery import Stream
from panel.domain.provider import ProviderType, ServiceType
from panel.domain.sender_rule import Mailbox
from panel.sending.parcels import parcel
from panel.storage.queue.claims import ClaimedMessage

FROM = b"From: Ann <ann@elsewhere.test>\r\n"
REST = b"To: kim@contoso.test\r\nSubject: Hello\r\n"
OURS = b"From: The House <post@house.test>\r\n"


def header_of(
    header: bytes, *, from_email: str = "ann@elsewhere.test", name: str = "The House"
) -> bytes:
    return made(header, from_email, Mailbox("post@house.test", name)).header


def made(header: bytes, from_email: str, mailbox: Mailbox):
    candidate = Candidate(
        id=1,
        name="first",
        partner_id=None,
        type=ProviderType.SMTP,
        service_type=ServiceType.PRIMARY,
        streams=frozenset(),
        is_active=True,
        mailbox=mailbox,
        domains=frozenset({"shop.test"}),
    )
    message = ClaimedMessage(
        id="01",
        flow=0,
        partner_id=None,
        stream=Stream.SYSTEM,
        from_email=from_email,
        size=1,
        header=header,
        body=b"Good day.\r\n",
        deliveries=(),
    )
    return parcel(message, ("kim@contoso.test",), candidate)


def test_a_from_that_the_provider_may_use_is_left_as_it_is():
    header = b"From: Ann <ann@shop.test>\r\n" + REST

    sent = made(header, "ann@shop.test", Mailbox("post@house.test"))

    assert sent.header == header
    assert sent.reverse_path == "ann@shop.test"
    assert (sent.recipients, sent.body) == (("kim@contoso.test",), b"Good day.\r\n")


def test_a_mail_without_from_gets_the_providers():
    sent = made(REST, "", Mailbox("post@house.test", "The House"))

    assert sent.header == OURS + REST
    assert sent.reverse_path == "post@house.test"


def test_a_replaced_from_becomes_reply_to():
    sent = made(FROM + REST, "ann@elsewhere.test", Mailbox("post@house.test", "The House"))

    assert sent.header == OURS + b"Reply-To: Ann <ann@elsewhere.test>\r\n" + REST
    assert sent.reverse_path == "post@house.test"


@pytest.mark.parametrize("name", [b"Reply-To", b"REPLY-TO", b"reply-to"])
def test_a_reply_to_that_is_there_already_is_kept(name):
    reply_to = name + b": shop@elsewhere.test\r\n"

    assert header_of(FROM + reply_to + REST) == OURS + reply_to + REST


def test_a_folded_from_moves_as_a_whole():
    folded = b"From: =?utf-8?q?A?=\r\n =?utf-8?q?nn?=\r\n\t<ann@elsewhere.test>\r\n"

    assert header_of(folded + REST) == OURS + folded.replace(b"From", b"Reply-To") + REST


@pytest.mark.parametrize("name", [b"FROM", b"from", b"From"])
def test_a_from_is_found_however_its_name_is_written(name):
    header = header_of(name + b": ann@elsewhere.test\r\n" + REST)

    assert header == OURS + b"Reply-To: ann@elsewhere.test\r\n" + REST


def test_fields_whose_names_end_alike_are_left_alone():
    around = b"Resent-From: ann@elsewhere.test\r\nX-From: ann@elsewhere.test\r\n"
    header = header_of(around + b"From: ann@elsewhere.test\r\n" + REST)

    assert header == OURS + b"Reply-To: ann@elsewhere.test\r\n" + around + REST


def test_a_from_within_another_field_is_no_from():
    subject = b"Subject: a long one\r\n From: nobody\r\n"
    header = header_of(FROM + subject)

    assert header == OURS + b"Reply-To: Ann <ann@elsewhere.test>\r\n" + subject


def test_no_second_from_stays_behind():
    header = header_of(FROM + REST + b"From: eve@elsewhere.test\r\n")

    assert header.count(b"From:") == 1


def test_a_header_whose_from_is_missing_is_not_torn():
    assert header_of(REST) == OURS + REST


def test_a_providers_name_beyond_ascii_is_encoded():
    header = header_of(FROM + REST, name="Haus Müller")

    assert header.startswith(b"From: =?utf-8?q?Haus_M=C3=BCller?= <post@house.test>\r\n")
    assert header.isascii()


def test_a_providers_name_cannot_break_out_of_its_field():
    header = header_of(FROM + REST, name='"Evil" <eve@evil.test>, x')

    assert header.startswith(b'From: "\\"Evil\\" <eve@evil.test>, x" <post@house.test>\r\n')


def test_a_domain_beyond_ascii_goes_out_in_its_ascii_form():
    sent = made(REST, "", Mailbox("post@bücher.test"))

    assert sent.header.startswith(b"From: post@xn--bcher-kva.test\r\n")
