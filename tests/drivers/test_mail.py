"""Taking a mail apart: what comes out is what a reader of the mail would see."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.domain.delivery import Stream
from panel.domain.sender_rule import Mailbox as Box
from panel.domain.submission import Attachment, Submission
from panel.drivers.contract import Parcel
from panel.drivers.mail import CannotCarry, Mailbox, read_mail
from panel.sending.compose import compose

FROM = b"From: post@house.test\r\n"
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "))
LINE = TEXT.map(str.strip).filter(bool)


def a_parcel(header: bytes, body: bytes = b"", *recipients: str) -> Parcel:
    return Parcel("post@house.test", recipients or ("kim@there.test",), FROM + header, body)


@settings(max_examples=40, deadline=None)
@given(subject=LINE, name=LINE, text=TEXT, file=LINE, content=st.binary(max_size=200))
def test_what_was_composed_comes_out_again(subject, name, text, file, content):
    made = Submission(
        stream=Stream.SYSTEM,
        sender=Box("post@house.test", name),
        to=(Box("kim@there.test", name),),
        subject=subject,
        text=text,
        html=f"<p>{text}</p>",
        attachments=(Attachment(file.replace("/", "-"), "application/pdf", content),),
        source="test",
    )
    composed = compose(made, message_id="01J", date=datetime(2026, 1, 1, tzinfo=UTC))

    mail = read_mail(Parcel("post@house.test", ("kim@there.test",), composed.header, composed.body))

    assert (mail.subject, mail.sender.name, mail.to[0].name) == (subject, name, name)
    assert (mail.text or "").rstrip("\n") == text
    assert (mail.html or "").rstrip("\n") == f"<p>{text}</p>"
    (attached,) = mail.files
    assert (attached.name, attached.content) == (file.replace("/", "-"), content)


def test_recipients_stand_where_the_header_shows_them():
    header = b"To: Ann <a@there.test>, b@there.test\r\nCc: C@There.test\r\n"

    mail = read_mail(a_parcel(header, b"", "a@there.test", "c@there.test", "d@there.test"))

    assert mail.to == (Mailbox("a@there.test", "Ann"),)
    assert mail.cc == (Mailbox("c@there.test"),)
    assert mail.bcc == (Mailbox("d@there.test"),)


def test_recipient_that_is_shown_twice_gets_it_once():
    mail = read_mail(
        a_parcel(b"To: a@there.test, a@there.test\r\nCc: a@there.test\r\n", b"", "a@there.test")
    )

    assert (len(mail.to), mail.cc, mail.bcc) == (1, (), ())


def test_international_domain_is_known_again():
    header = "To: kim@bücher.test\r\n".encode()

    mail = read_mail(a_parcel(header, b"", "kim@xn--bcher-kva.test"))

    assert mail.to == (Mailbox("kim@xn--bcher-kva.test"),)


def test_fields_in_utf_8_and_folded_ones_are_read():
    header = "Subject: Grüße aus\r\n Köln\r\nX-Ort: Çeşme\r\nX-Long: one\r\n\ttwo\r\n".encode()

    mail = read_mail(a_parcel(header))

    assert mail.subject == "Grüße aus Köln"
    assert mail.headers == (("X-Ort", "Çeşme"), ("X-Long", "one\ttwo"))


def test_own_fields_and_traces_are_no_headers():
    header = (
        b"Received: by x\r\nDKIM-Signature: v=1\r\nReturn-Path: <a@b>\r\nMIME-Version: 1.0\r\n"
        b"Message-ID: <1@house.test>\r\nDate: now\r\nIn-Reply-To: <0@house.test>\r\n"
    )

    mail = read_mail(a_parcel(header))

    assert mail.headers == (("In-Reply-To", "<0@house.test>"),)
    assert mail.message_id == "<1@house.test>"


def test_attached_mail_and_second_text_are_files():
    header = b'Content-Type: multipart/mixed; boundary="b"\r\n'
    body = (
        b"--b\r\n\r\nfirst\r\n--b\r\nContent-Type: text/plain\r\n\r\nsecond\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nhello\r\n--b--\r\n"
    )

    mail = read_mail(a_parcel(header, body))

    assert (mail.text, mail.html) == ("first", None)
    assert [file.content_type for file in mail.files] == ["text/plain", "message/rfc822"]
    assert b"Subject: inner" in mail.files[1].content
    assert all(file.name for file in mail.files)


def test_text_in_an_old_charset_becomes_unicode():
    header = b"Content-Type: text/plain; charset=iso-8859-9\r\n"

    mail = read_mail(a_parcel(header, "şeker\r\n".encode("iso-8859-9")))

    assert mail.text == "şeker\n"


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"Content-Type: multipart/signed; boundary=b\r\n", b"--b--\r\n"),
        (b"Content-Type: multipart/encrypted; boundary=b\r\n", b"--b--\r\n"),
        (b"Content-Type: application/pkcs7-mime\r\n", b"x"),
        (b"Content-Type: text/calendar; method=REQUEST\r\n", b"x"),
        (b"Content-Type: text/plain; charset=x-none\r\n", b"x"),
        (b"Content-Type: text/plain; charset=utf-8\r\n", b"\xff\xfe"),
        (b"From: second@house.test\r\n", b"x"),
    ],
)
def test_what_would_not_stay_as_it_is_cannot_be_carried(header, body):
    with pytest.raises(CannotCarry) as refused:
        read_mail(a_parcel(header, body))

    assert str(refused.value)


def test_field_that_is_there_twice_has_no_place_in_an_object():
    mail = read_mail(a_parcel(b"X-A: 1\r\nx-a: 2\r\n"))

    with pytest.raises(CannotCarry):
        _ = mail.fields_once
    assert read_mail(a_parcel(b"X-A: 1\r\n")).fields_once == {"X-A": "1"}


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_no_bytes_raise_anything_else(header, body):
    with suppress(CannotCarry):
        read_mail(a_parcel(header + b"\r\n", body))
