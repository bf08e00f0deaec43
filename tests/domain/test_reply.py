"""A reply is read without trust: odd enhanced codes count as absent, control characters vanish."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.reply import LONGEST_TEXT, Reply


@pytest.mark.parametrize(
    ("code", "line", "enhanced"),
    [
        (550, "5.1.1 No such user", "5.1.1"),
        (250, "2.0.0", "2.0.0"),
        (451, "4.7.100 Wait", "4.7.100"),
        (550, "4.1.1 Wrong class", None),
        (550, "5.7 text", None),
        (550, "5.1.1000 Too long", None),
        (550, "5.1.1. A dot too many", None),
        (550, "No code at all 5.1.1", None),
        (354, "3.0.0 No such class", None),
        (550, "", None),
    ],
)
def test_an_enhanced_code_counts_only_when_it_is_whole_and_fits_the_reply(code, line, enhanced):
    assert Reply(code, (line,)).enhanced == enhanced


def test_a_reply_without_text_has_no_enhanced_code():
    assert Reply(550).enhanced is None
    assert str(Reply(550)) == "550"


def test_lines_are_shown_as_one():
    assert str(Reply(550, ("5.1.1 No such user", "here"))) == "550 5.1.1 No such user here"


@given(lines=st.lists(st.text(max_size=500), max_size=20).map(tuple), code=st.integers(200, 599))
def test_whatever_was_said_is_shown_short_and_without_control_characters(lines, code):
    text = Reply(code, lines).text

    assert len(text) <= LONGEST_TEXT
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in text)


@given(code=st.integers(100, 599))
def test_the_first_digit_decides_what_a_code_means(code):
    reply = Reply(code)

    assert reply.is_positive == (code // 100 == 2)
    assert reply.is_intermediate == (code // 100 == 3)
