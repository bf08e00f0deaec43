"""Addresses reach a command line only as addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.outcome import Fault, Stage
from panel.drivers.smtp.addresses import wire_address
from panel.drivers.trouble import Trouble


@pytest.mark.parametrize(
    "address",
    [
        "kim@example.net",
        "kim+tag=x@example.net",
        "o'brien@example.net",
        '"kim lee"@example.net',
        r'"a\"b"@example.net',
        '"a>b"@example.net',
        "kim@[192.0.2.1]",
        "kim@[IPv6:2001:db8::1]",
        "kim@xn--bcher-kva.example",
    ],
)
def test_address_goes_out_as_it_is(address: str):
    assert wire_address(address, Stage.RCPT, is_international=False) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "kim",
        "@example.net",
        "kim@",
        "kim@example.net> SIZE=1",
        "kim@example.net\r\nRCPT TO:<eve@example.net",
        "kim@example.net\n",
        "kim lee@example.net",
        "<kim@example.net>",
        "kim@eve@example.net",
        '"a\nb"@example.net',
        "kim@[192.0.2.1]x",
        "kim\x00@example.net",
        "kim@example.net\x85",
    ],
)
def test_what_is_no_address_is_not_sent(address: str):
    trouble = wire_address(address, Stage.RCPT, is_international=True)

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.BUILD


@given(st.text(max_size=60))
def test_nothing_breaks_out_of_the_angle_brackets(text: str):
    address = wire_address(text, Stage.MAIL, is_international=True)

    if isinstance(address, str):
        outside_quotes = address.rpartition('"')[2]
        assert not set("\r\n\0") & set(address)
        assert not set("<> ") & set(outside_quotes)


def test_domain_of_other_letters_is_translated_where_needed():
    address = "kim@bücher.example"

    assert wire_address(address, Stage.RCPT, is_international=True) == address
    translated = wire_address(address, Stage.RCPT, is_international=False)
    assert translated == "kim@xn--bcher-kva.example"


def test_local_part_of_other_letters_needs_smtputf8():
    trouble = wire_address("jürgen@example.net", Stage.RCPT, is_international=False)

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.SMTPUTF8_MISSING


def test_domain_that_cannot_be_translated_is_no_domain():
    trouble = wire_address("kim@" + "ü" * 70 + ".example", Stage.RCPT, is_international=False)

    assert isinstance(trouble, Trouble)
    assert trouble.fault is Fault.BUILD
