"""The reply parser takes bytes in any portions, bears careless servers and stops floods."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.reply import Reply
from panel.drivers.smtp.replies import LONGEST_LINE, MOST_LINES, Malformed, ReplyParser

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=40)
replies = st.builds(
    Reply, st.integers(200, 599), st.lists(texts, min_size=1, max_size=4).map(tuple)
)


def said(reply: Reply, end: str = "\r\n") -> bytes:
    """A reply as a server writes it."""
    *first, last = reply.lines
    lines = [f"{reply.code}-{line}" for line in first] + [f"{reply.code} {last}"]
    return "".join(line + end for line in lines).encode()


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    """The bytes in portions."""
    places = [0, *sorted(place % (len(data) + 1) for place in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def parse(*portions: bytes) -> list[Reply | Malformed]:
    parser = ReplyParser()
    return [found for portion in portions for found in parser.feed(portion)]


@given(st.lists(replies, max_size=6), st.lists(st.integers(0, 10_000), max_size=20))
def test_replies_come_out_however_the_bytes_are_cut(told: list[Reply], cuts: list[int]):
    data = b"".join(said(reply) for reply in told)

    assert parse(*cut(data, cuts)) == told


@given(st.lists(st.binary(max_size=200), max_size=20), st.lists(st.integers(0, 4000), max_size=9))
def test_garbage_ends_the_same_however_it_is_cut(portions: list[bytes], cuts: list[int]):
    data = b"\n".join(portions)

    assert parse(*cut(data, cuts)) == parse(data)


@given(st.lists(st.binary(max_size=100), max_size=20))
def test_nothing_follows_a_malformed_reply(portions: list[bytes]):
    found = parse(*portions, b"x\r\n")

    assert isinstance(found[-1], Malformed)
    assert all(isinstance(each, Reply) for each in found[:-1])


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"250 ok\n", Reply(250, ("ok",))),
        (b"250\r\n", Reply(250, ("",))),
        (b"250\n", Reply(250, ("",))),
        (b"250 \r\n", Reply(250, ("",))),
        (b"250-\r\n250 ok\r\n", Reply(250, ("", "ok"))),
        (b"250-a\n250 b\r\n", Reply(250, ("a", "b"))),
        (b"250 " + b"x" * 2000 + b"\r\n", Reply(250, ("x" * 2000,))),
        ("250 grüß dich\r\n".encode(), Reply(250, ("grüß dich",))),
        ("250 grüß dich\r\n".encode("latin-1"), Reply(250, ("gr�� dich",))),
    ],
)
def test_careless_servers_are_understood(data: bytes, reply: Reply):
    assert parse(data) == [reply]


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n",
        b"\r\n",
        b"25\r\n",
        b"2500 ok\r\n",
        b"250_ok\r\n",
        b"150 early\r\n",
        b"099 odd\r\n",
        b"600 odd\r\n",
        b"2\xb20 ok\r\n",
        b"250-a\r\n251 b\r\n",
        b"250-a\r\nb\r\n",
        b" 250 ok\r\n",
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46\n",
    ],
)
def test_what_is_not_smtp_is_malformed(data: bytes):
    assert isinstance(parse(data)[-1], Malformed)


def test_line_without_end_is_cut_off():
    parser = ReplyParser()

    assert parser.feed(b"250 " + b"x" * (LONGEST_LINE - 4)) == []
    (found,) = parser.feed(b"xx")

    assert isinstance(found, Malformed)
    assert parser.feed(b"250 ok\r\n") == []


def test_endless_continuation_is_cut_off():
    found = parse(b"250-and more\r\n" * MOST_LINES, b"250 end\r\n")

    assert len(found) == 1
    assert isinstance(found[0], Malformed)


def test_as_many_lines_as_allowed_pass():
    (reply,) = parse(b"250-and more\r\n" * (MOST_LINES - 1) + b"250 end\r\n")

    assert isinstance(reply, Reply)
    assert len(reply.lines) == MOST_LINES


def test_long_lines_do_not_add_up_to_more_than_the_limit():
    found = parse(*[b"250-" + b"x" * 4000 + b"\r\n"] * 20)

    assert len(found) == 1
    assert isinstance(found[0], Malformed)


def test_parser_knows_whether_something_is_left_over():
    parser = ReplyParser()
    assert parser.is_between_replies

    parser.feed(b"250-a\r\n")
    assert not parser.is_between_replies
    parser.feed(b"250 b\r\n2")
    assert not parser.is_between_replies
    parser.feed(b"50 c\r\n")
    assert parser.is_between_replies
