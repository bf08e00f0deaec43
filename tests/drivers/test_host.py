"""Host names follow a strict grammar, so that a name means the same to people and resolvers."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.drivers.host import check_host


@pytest.mark.parametrize(
    ("spelled", "meant"),
    [
        ("smtp.example.net", "smtp.example.net"),
        ("SMTP.Example.NET", "smtp.example.net"),
        ("localhost", "localhost"),
        ("mail-1.example.net", "mail-1.example.net"),
        ("1.example.net", "1.example.net"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.Example", "xn--bcher-kva.example"),
        ("straße.example", "xn--strae-oqa.example"),
        ("192.0.2.25", "192.0.2.25"),
        ("2001:db8::25", "2001:db8::25"),
        ("2001:DB8:0::25", "2001:db8::25"),
        ("a" * 63 + ".example", "a" * 63 + ".example"),
    ],
)
def test_proper_host_passes(spelled: str, meant: str):
    assert check_host(spelled) == meant


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        " ",
        ".",
        "example.net.",
        ".example.net",
        "smtp..example.net",
        "-smtp.example.net",
        "smtp-.example.net",
        "smtp_1.example.net",
        "smtp.example.net ",
        "smtp.example.net\n",
        "smtp.example.net\x00.evil.test",
        "user@smtp.example.net",
        "smtp.example.net/path",
        "[2001:db8::25]",
        "fe80::1%eth0",
        "2001:db8::25:0:0:0:0:0",
        "::ffff:①.0.0.1",
        "2130706433",
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "0x7f.1",
        "0x7f000001",
        "127.0.0.0x1",
        "1.2.3.4.5",
        "256.1.1.1",
        "①②⑦.⓪.⓪.①",
        "①②⑦.0.0.1",
        "ｌｏｃａｌｈｏｓｔ",
        "example。net",
        "a" * 64 + ".example",
        "a." * 127 + "example",
    ],
)
def test_anything_else_is_refused_with_an_example(spelled: str):
    with pytest.raises(ValueError, match=r"is not a host name or an address\. Write it like"):
        check_host(spelled)


@given(st.text(max_size=80))
def test_what_passes_is_plain_and_passes_again(text: str):
    with suppress(ValueError):
        host = check_host(text)
        assert host.isascii()
        assert host == check_host(host)


@given(st.text(max_size=80))
def test_refusal_can_be_printed(text: str):
    with pytest.raises(ValueError, match="is not a host name") as refusal:
        check_host(text + "_")

    assert str(refusal.value).isprintable()
