"""What must not get in is refused, and the field is named."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Attachment
from panel.sending import check as limits
from panel.sending.address import address_fault, wire_address
from panel.sending.check import check
from tests.sending.test_compose import NOW, a_submission


def fields(**overrides: Any) -> list[str]:
    """The fields at fault in a submission that is right but for `overrides`."""
    return [error.field for error in check(a_submission(**overrides), now=NOW)]


def a_file(**overrides: Any) -> Attachment:
    """A small text file."""
    return replace(Attachment("a.txt", "text/plain", b"x"), **overrides)


UNSAFE = ["\r", "\n", "\0", "\r\nBcc: x@y.test", "\t", "\x7f", "\x85", "\u2028", "\ud800"]


def test_right_submission_has_no_fault():
    assert fields() == []


@pytest.mark.parametrize("unsafe", UNSAFE, ids=ascii)
def test_control_characters_are_refused_everywhere_in_the_header(unsafe: str):
    bad = f"a{unsafe}b"

    assert fields(subject=bad) == ["subject"]
    assert fields(to=(Mailbox("a@b.test", bad),)) == ["to.0.name"]
    assert fields(sender=Mailbox("a@b.test", bad)) == ["from.name"]
    assert fields(reply_to=(Mailbox("a@b.test", bad),)) == ["reply_to.0.name"]
    assert fields(cc=(Mailbox(f"{bad}@b.test"),)) == ["cc.0.email"]
    assert fields(bcc=(Mailbox(f"a@{bad}.test"),)) == ["bcc.0.email"]
    assert fields(headers=(("X-A", bad),)) == ["headers.X-A"]
    assert fields(headers=((bad, "x"),)) == ["headers"]
    assert fields(attachments=(a_file(filename=bad),)) == ["attachments.0.filename"]
    assert fields(attachments=(a_file(content_type=f"a/{bad}"),)) == ["attachments.0.content_type"]
    inline = a_file(content_id=bad)
    assert fields(html="x", attachments=(inline,)) == ["attachments.0.content_id"]


@pytest.mark.parametrize(
    "name",
    [
        *sorted(limits.RESERVED),
        "CC",
        "Content-Type",
        "content-x",
        "DKIM-Signature",
        "X-Postroom-Stream",
    ],
)
def test_reserved_headers_are_refused(name: str):
    assert fields(headers=((name, "x"),)) == [f"headers.{name}"]


@pytest.mark.parametrize("name", ["", "X A", "X:A", "Ümlaut", "x" * 77])
def test_header_name_without_grammar_is_refused(name: str):
    assert fields(headers=((name, "x"),)) == ["headers"]


def test_header_that_cannot_be_folded_is_refused():
    assert fields(headers=(("X-A", "x" * 994),)) == ["headers.X-A"]
    assert fields(headers=(("X-A", "x" * 993),)) == []


@pytest.mark.parametrize(
    "address",
    [
        *(
            "",
            "a",
            "a@",
            "@b.test",
            "a b@c.test",
            "a@b@c.test",
            "a@b..test",
            ".a@b.test",
            "a@b_c.d",
        ),
        *("a.@b.test", "a@-b.test", "a@b-.test", "<a@b.test>", "A <a@b.test>", "a@[127.0.0.1]"),
        *(
            "a@127.0.0.1",
            "a@b.test,c@d.test",
            f"{'a' * 65}@b.test",
            f"a@{'b' * 64}.test",
            "x" * 400,
        ),
        *(f"a@b.{'t' * 64}", "a@b.test ", f"a@{'b.' * 130}test", '"a b"@c.test'),
    ],
)
def test_bad_addr_specs_are_refused(address: str):
    assert fields(to=(Mailbox(address),)) == ["to.0.email"]


@pytest.mark.parametrize(
    "address",
    [
        *("a@b.test", "a+b.c@d.e.example", "o'neil@contoso.com", "a@localhost", "root@mail.local"),
        *("özgür@bücher.test", "a@bücher.test", "a@xn--bcher-kva.test", "a@b-c.test", "a@1.test"),
    ],
)
def test_good_addr_specs_are_taken(address: str):
    assert fields(to=(Mailbox(address),)) == []
    assert wire_address(address).rpartition("@")[2].isascii()


@given(st.from_regex(r"[a-z0-9.!-]{1,8}@[a-z0-9.-]{1,12}", fullmatch=True))
def test_quick_way_takes_nothing_that_the_library_refuses(address: str):
    if address_fault(address) is None:
        email_validator.validate_email(
            address, check_deliverability=False, globally_deliverable=False
        )


def test_there_must_be_a_recipient_and_not_too_many():
    many = (Mailbox("a@b.test"),) * limits.MAX_RECIPIENTS

    assert fields(to=()) == ["to"]
    assert fields(to=many) == []
    assert fields(to=many, bcc=(Mailbox("a@b.test"),)) == ["to"]


def test_there_must_be_text_or_html():
    assert fields(text=None) == ["text"]
    assert fields(text=None, html="<p>x</p>") == []
    assert fields(text="", subject="") == []


@pytest.mark.parametrize("broken", ["\0", "\ud800"], ids=ascii)
def test_text_with_impossible_characters_is_refused(broken: str):
    assert fields(text=broken) == ["text"]
    assert fields(html=broken) == ["html"]


def test_too_large_a_mail_is_refused():
    half = b"x" * (limits.MAX_OCTETS // 2)

    assert fields(attachments=(a_file(content=half),)) == []
    assert fields(attachments=(a_file(content=half), a_file(content=half))) == ["attachments"]
    assert fields(text="ü" * (limits.MAX_OCTETS // 2 + 1)) == ["text"]


@pytest.mark.parametrize(
    "kind", ["", "pdf", "a/b/c", "a/b;", "a/b; c", 'a/b; c="', "multipart/mixed", "a /b"]
)
def test_bad_content_types_are_refused(kind: str):
    assert fields(attachments=(a_file(content_type=kind),)) == ["attachments.0.content_type"]


def test_content_type_may_have_parameters():
    kind = 'text/csv; charset=utf-8; header="present, yes"'

    assert fields(attachments=(a_file(content_type=kind),)) == []


def test_attached_message_must_be_ascii():
    latin = a_file(content_type="message/rfc822", content="Subject: ü\n".encode())

    assert fields(attachments=(latin,)) == ["attachments.0.content_type"]


def test_inline_part_needs_html_and_a_name_of_its_own():
    inline = a_file(content_id="logo")

    assert fields(attachments=(inline,)) == ["attachments.0.content_id"]
    assert fields(html="x", attachments=(inline, inline)) == ["attachments.1.content_id"]
    assert fields(html="x", attachments=(a_file(content_id="<logo>"),)) == [
        "attachments.0.content_id"
    ]


def test_file_needs_a_name():
    assert fields(attachments=(a_file(filename=""),)) == ["attachments.0.filename"]


def test_too_much_in_the_header_is_refused():
    assert fields(subject="x" * 1001) == ["subject"]
    assert fields(to=(Mailbox("a@b.test", "x" * 256),)) == ["to.0.name"]
    assert fields(headers=(("X-A", "x x" * 3000),)) == ["headers.X-A"]
    assert fields(headers=(("X-A", "x"),) * 101) == ["headers"]


def test_times_must_make_sense():
    hour = timedelta(hours=1)

    assert fields(send_at=NOW + hour, expires_at=NOW + 2 * hour) == []
    assert fields(send_at=NOW - hour) == []
    assert fields(expires_at=NOW - hour) == ["expires_at"]
    assert fields(send_at=NOW + 2 * hour, expires_at=NOW + hour) == ["expires_at"]
    assert fields(send_at=NOW.replace(tzinfo=None)) == ["send_at"]
    assert fields(send_at=NOW + timedelta(days=367)) == ["send_at"]


def test_all_faults_are_told_at_once():
    faults = fields(to=(Mailbox("a"), Mailbox("b@c.test")), subject="\n", text=None)

    assert faults == ["to.0.email", "subject", "text"]
