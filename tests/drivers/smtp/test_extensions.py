"""What a server offers is read from its answer to EHLO."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.reply import Reply
from panel.drivers.smtp.extensions import Extensions


def offers(*lines: str) -> Extensions:
    return Extensions.read(Reply(250, ("mail.example.net greets you", *lines)))


def test_keywords_are_read_in_any_case():
    extensions = offers("Pipelining", "8BITMIME", "size 100", "STARTTLS")

    assert extensions.offers("PIPELINING")
    assert extensions.offers("STARTTLS")
    assert not extensions.offers("SMTPUTF8")
    assert extensions.size_limit == 100
    assert extensions.lines == ("Pipelining", "8BITMIME", "size 100", "STARTTLS")


def test_greeting_is_no_extension():
    assert not Extensions.read(Reply(250, ("PIPELINING",))).offers("PIPELINING")


@pytest.mark.parametrize(
    "lines", [("AUTH LOGIN plain",), ("AUTH=LOGIN PLAIN",), ("AUTH LOGIN PLAIN", "AUTH=LOGIN")]
)
def test_mechanisms_are_read_in_old_and_new_writing(lines: tuple[str, ...]):
    assert offers(*lines).mechanisms == ("LOGIN", "PLAIN")


@pytest.mark.parametrize("line", ["SIZE", "SIZE 0", "SIZE x", "SIZE -1", "SIZE " + "9" * 30])
def test_size_without_a_limit_is_no_limit(line: str):
    assert offers(line).size_limit is None


@given(st.lists(st.text(max_size=30), max_size=10))
def test_any_answer_can_be_read(lines: list[str]):
    extensions = offers(*lines)

    assert len(extensions.lines) <= len(lines)
