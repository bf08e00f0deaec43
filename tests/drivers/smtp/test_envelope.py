"""What is said before the content is worded for what the server offers."""

import pytest

from panel.domain.outcome import Fault, Stage
from panel.domain.reply import Reply
from panel.drivers.contract import Parcel
from panel.drivers.smtp.envelope import Envelope, seal
from panel.drivers.smtp.extensions import Extensions
from panel.drivers.trouble import Trouble
from tests.drivers.smtp.dialogue import a_parcel

UMLAUT = "Grüße\r\n".encode()


def sealed(parcel: Parcel, *offered: str) -> Envelope | Trouble:
    return seal(parcel, Extensions.read(Reply(250, ("fake", *offered))))


def mail(parcel: Parcel, *offered: str) -> bytes:
    envelope = sealed(parcel, *offered)
    assert isinstance(envelope, Envelope)
    return envelope.mail


@pytest.mark.parametrize(
    ("fields", "offered", "line"),
    [
        ({}, (), b"MAIL FROM:<me@example.org>\r\n"),
        ({"reverse_path": ""}, (), b"MAIL FROM:<>\r\n"),
        ({}, ("SIZE",), b"MAIL FROM:<me@example.org> SIZE=29\r\n"),
        ({}, ("SIZE 29",), b"MAIL FROM:<me@example.org> SIZE=29\r\n"),
        ({}, ("8BITMIME", "SMTPUTF8"), b"MAIL FROM:<me@example.org>\r\n"),
        ({"body": UMLAUT}, ("8BITMIME",), b"MAIL FROM:<me@example.org> BODY=8BITMIME\r\n"),
        (
            {"header": b"Subject: " + UMLAUT},
            ("8BITMIME", "SMTPUTF8"),
            b"MAIL FROM:<me@example.org> BODY=8BITMIME SMTPUTF8\r\n",
        ),
        (
            {"reverse_path": "jürgen@example.org"},
            ("SMTPUTF8",),
            "MAIL FROM:<jürgen@example.org> SMTPUTF8\r\n".encode(),
        ),
        (
            {"recipients": ("jürgen@example.org",)},
            ("SMTPUTF8",),
            b"MAIL FROM:<me@example.org> SMTPUTF8\r\n",
        ),
        ({"reverse_path": "me@bücher.example"}, (), b"MAIL FROM:<me@xn--bcher-kva.example>\r\n"),
    ],
)
def test_mail_names_what_the_message_needs(
    fields: dict[str, object], offered: tuple[str, ...], line: bytes
):
    assert mail(a_parcel(**fields), *offered) == line


@pytest.mark.parametrize(
    ("fields", "offered", "fault"),
    [
        ({}, ("SIZE 28",), Fault.TOO_LARGE),
        ({"body": UMLAUT}, ("SMTPUTF8",), Fault.EIGHTBIT_MISSING),
        ({"header": b"Subject: " + UMLAUT}, ("8BITMIME",), Fault.SMTPUTF8_MISSING),
        ({"reverse_path": "jürgen@example.org"}, ("8BITMIME",), Fault.SMTPUTF8_MISSING),
        ({"reverse_path": "nobody"}, (), Fault.BUILD),
        ({"body": b"a\r\n.\nMAIL FROM:<forged@example.org>\r\n"}, (), Fault.BUILD),
        ({"header": b"Subject: a\rb\r\n"}, (), Fault.BUILD),
    ],
)
def test_what_the_server_cannot_take_is_not_begun(
    fields: dict[str, object], offered: tuple[str, ...], fault: Fault
):
    trouble = sealed(a_parcel(**fields), *offered)

    assert isinstance(trouble, Trouble)
    assert (trouble.stage, trouble.fault) == (Stage.MAIL, fault)
    assert trouble.detail


def test_recipient_that_cannot_be_named_leaves_the_others():
    envelope = sealed(
        a_parcel("kim@example.net", "bad", "jürgen@example.net", "lee@bücher.example")
    )

    assert isinstance(envelope, Envelope)
    assert envelope.places == [0, 3]
    assert envelope.recipients == [
        b"RCPT TO:<kim@example.net>\r\n",
        b"RCPT TO:<lee@xn--bcher-kva.example>\r\n",
    ]
    assert {place: trouble.fault for place, trouble in envelope.unnameable.items()} == {
        1: Fault.BUILD,
        2: Fault.SMTPUTF8_MISSING,
    }
