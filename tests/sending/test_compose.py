"""What is composed reads back as what was submitted, within the limits of the wire."""

import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import compat32, default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.delivery import Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Attachment, Submission
from panel.sending.check import check
from panel.sending.compose import Composed, compose

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LENA = Mailbox("lena@contoso.test", "Lena Özgür")
LOGO = Attachment("logo.png", "image/png", b"\x89PNG\r\n", content_id="logo")
BILL = Attachment("Rechnung März.pdf", "application/pdf", b"%PDF-1.7")

lines = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3000)
names = lines.filter(lambda name: len(name) <= 255)
ascii_names = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=255)


def a_submission(**overrides: Any) -> Submission:
    """A short text mail to Lena."""
    values: dict[str, Any] = {
        "stream": Stream.SYSTEM,
        "to": (LENA,),
        "subject": "Your order",
        "source": "api",
        "sender": Mailbox("shop@house.test", "Shop"),
        "text": "Good day.\n",
    }
    return Submission(**(values | overrides))


def composed(submission: Submission) -> Composed:
    """The bytes of a submission that passes the check."""
    assert check(submission, now=NOW) == ()
    return compose(submission, message_id="01ARZ3NDEKTSV4RRFFQ69G5FAV", date=NOW)


def parsed(submission: Submission) -> EmailMessage:
    """What the standard library makes of the composed bytes; they must be fit for the wire."""
    mail = composed(submission)
    wire = mail.header + b"\r\n" + mail.body
    assert len(wire) == mail.size
    assert_fits_the_wire(wire)
    message = BytesParser(policy=default).parsebytes(wire)
    assert not [part.defects for part in message.walk() if part.defects]
    assert isinstance(message, EmailMessage)
    return message


def assert_fits_the_wire(wire: bytes) -> None:
    """CRLF only, no line too long, no header line of blanks, nothing beyond seven bits."""
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)|\0", wire)
    assert wire.isascii()
    assert wire.endswith(b"\r\n")
    assert max(map(len, wire.split(b"\r\n"))) <= 998
    header = wire.split(b"\r\n\r\n")[0].removesuffix(b"\r\n")
    assert all(line.strip() for line in header.split(b"\r\n"))


def same_lines(text: str) -> str:
    """The text with LF line ends and with one at its end, as it may come back."""
    unix = text.replace("\r\n", "\n").replace("\r", "\n")
    return unix if unix.endswith("\n") else unix + "\n"


def unfolded(mail: Composed, name: str) -> str:
    """A header's decoded value as the older parser sees it, which joins encoded words rightly."""
    message = BytesParser(policy=compat32).parsebytes(mail.header, headersonly=True)
    return str(make_header(decode_header(re.sub(r"\r\n", "", message[name]))))


def test_plain_mail_has_all_its_headers():
    message = parsed(a_submission(cc=(Mailbox("cc@contoso.test"),), reply_to=(LENA,)))

    assert message["From"] == "Shop <shop@house.test>"
    assert message["To"].addresses[0].display_name == "Lena Özgür"
    assert message["Cc"] == "cc@contoso.test"
    assert message["Reply-To"].addresses[0].addr_spec == "lena@contoso.test"
    assert message["Date"].datetime == NOW
    assert message["Message-ID"] == "<01ARZ3NDEKTSV4RRFFQ69G5FAV@house.test>"
    assert message["MIME-Version"] == "1.0"
    assert message["Content-Transfer-Encoding"] == "7bit"
    assert message.get_content() == "Good day.\r\n"


def test_from_is_left_to_the_provider_when_there_is_no_sender():
    mail = composed(a_submission(sender=None))

    assert b"From:" not in mail.header
    assert mail.rfc_message_id == "<01ARZ3NDEKTSV4RRFFQ69G5FAV@postroom.local>"


def test_message_id_of_a_very_long_domain_stays_short():
    sender = Mailbox("a@" + ".".join(["x" * 50] * 4) + ".test")

    assert composed(a_submission(sender=sender)).rfc_message_id.endswith("@postroom.local>")


def test_blind_copies_are_never_written():
    mail = composed(a_submission(to=(), bcc=(Mailbox("secret@contoso.test"),)))

    assert b"secret" not in mail.header
    assert b"To: undisclosed-recipients:;\r\n" in mail.header


@given(subject=lines | ascii_names)
def test_subject_comes_back(subject: str):
    assert parsed(a_submission(subject=subject))["Subject"] == subject


@given(name=names.filter(lambda name: not name.isascii()))
def test_international_display_name_comes_back(name: str):
    submission = a_submission(to=(Mailbox("lena@contoso.test", name),))

    parsed(submission)
    assert unfolded(composed(submission), "To") == f"{name} <lena@contoso.test>"


@given(name=ascii_names.filter(bool))
def test_ascii_display_name_comes_back(name: str):
    message = parsed(a_submission(to=(Mailbox("lena@contoso.test", name), LENA)))

    addresses = message["To"].addresses
    assert [address.addr_spec for address in addresses] == ["lena@contoso.test"] * 2
    if len(name) <= 60:
        assert addresses[0].display_name == name


@given(text=texts)
def test_text_comes_back(text: str):
    content = parsed(a_submission(text=text)).get_content()

    assert same_lines(content) == same_lines(text)


@given(name=names.filter(str.strip), content=st.binary(max_size=2000))
def test_file_comes_back_with_its_name(name: str, content: bytes):
    message = parsed(a_submission(attachments=(Attachment(name, "image/png", content),)))

    (file,) = message.iter_attachments()
    assert file.get_filename() == name.strip()
    assert file.get_content() == content


@given(value=lines)
def test_custom_header_comes_back(value: str):
    mail = composed(a_submission(headers=(("X-Campaign", value),)))

    assert_fits_the_wire(mail.header)
    if not value.isascii():
        assert unfolded(mail, "X-Campaign") == value


def test_ascii_header_is_folded_but_never_encoded():
    link = f"<https://house.test/{'x' * 300}>"
    mail = composed(a_submission(headers=(("List-Unsubscribe", f"{link}, <mailto:u@house.test>"),)))

    wanted = f"List-Unsubscribe: {link},\r\n <mailto:u@house.test>\r\n"
    assert wanted.encode() in mail.header


def test_many_recipients_are_folded_into_short_lines():
    to = tuple(Mailbox(f"person{number}@contoso.test", f"P. {number}") for number in range(100))
    mail = composed(a_submission(to=to))

    assert max(map(len, mail.header.split(b"\r\n"))) <= 78
    assert len(parsed(a_submission(to=to))["To"].addresses) == 100


def test_international_domain_is_written_in_ascii():
    message = parsed(a_submission(sender=Mailbox("shop@bücher.test")))

    assert message["From"] == "shop@xn--bcher-kva.test"
    assert message["Message-ID"].endswith("@xn--bcher-kva.test>")


def test_international_local_part_is_written_as_utf_8():
    mail = composed(a_submission(to=(Mailbox("özgür@bücher.test"),)))

    assert "To: özgür@xn--bcher-kva.test\r\n".encode() in mail.header


def test_text_and_html_are_alternatives():
    message = parsed(a_submission(html="<p>Good day.</p>"))

    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


def test_html_alone_stays_alone():
    message = parsed(a_submission(text=None, html="<p>Grüße</p>"))

    assert message.get_content_type() == "text/html"
    assert message.get_content() == "<p>Grüße</p>\r\n"


def test_inline_part_stands_with_the_html_and_files_come_last():
    message = parsed(a_submission(html='<img src="cid:logo">', attachments=(BILL, LOGO)))

    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]
    inline = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert inline["Content-ID"] == "<logo>"
    assert inline.get_content_disposition() == "inline"


def test_attached_message_stays_readable():
    content = b"Subject: Inner\n\nHello\n"
    message = parsed(a_submission(attachments=(Attachment("a.eml", "message/rfc822", content),)))

    (file,) = message.iter_attachments()
    assert file["Content-Transfer-Encoding"] == "7bit"
    assert file.get_content()["Subject"] == "Inner"


def test_long_content_type_is_folded():
    kind = f'application/x-long; a="{"b" * 60}"; charset=utf-8'
    message = parsed(a_submission(attachments=(Attachment("a", kind, b"1"),)))

    (file,) = message.iter_attachments()
    assert file.get_param("a") == "b" * 60


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n" * 9, "7bit"),
        ("x" * 999, "quoted-printable"),
        ("Viele Grüße aus Köln, hier ist alles wie immer.\n", "quoted-printable"),
        ("これは日本語の文章です。", "base64"),
    ],
)
def test_encoding_is_the_shortest_that_is_safe(text: str, encoding: str):
    assert parsed(a_submission(text=text))["Content-Transfer-Encoding"] == encoding


def test_equal_content_gives_equal_bytes():
    first = composed(a_submission(html="<p>x</p>", attachments=(BILL,)))
    second = composed(a_submission(html="<p>x</p>", attachments=(BILL,), subject="Another"))

    assert first.body == second.body
    assert first.header != second.header
