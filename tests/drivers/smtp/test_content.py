"""Content survives the wire byte for byte, and cannot end before its end."""

import tracemalloc
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from panel.drivers.smtp.content import PORTION, has_bare_line_end, stuff_dots, wire_content
from tests.drivers.smtp.dialogue import a_parcel

lines = st.lists(
    st.binary(max_size=20).map(lambda line: line.replace(b"\r", b".").replace(b"\n", b".")),
    max_size=12,
)


def unstuffed(wire: bytes) -> bytes:
    """What a server makes of it, line by line (RFC 5321 section 4.5.2)."""
    return b"\r\n".join(line.removeprefix(b".") for line in wire.split(b"\r\n"))


@given(lines)
def test_stuffing_is_undone_by_any_server(parts: list[bytes]):
    content = b"".join(part + b"\r\n" for part in parts)

    assert unstuffed(stuff_dots(content)) == content


@given(lines)
def test_content_never_holds_the_end_of_content(parts: list[bytes]):
    wire = stuff_dots(b"".join(part + b"\r\n" for part in parts))

    assert b"\r\n.\r\n" not in b"\r\n" + wire


@pytest.mark.parametrize(
    ("header", "body", "wire"),
    [
        (b"A: b\r\n", b"text\r\n", b"A: b\r\n\r\ntext\r\n"),
        (b"A: b\r\n", b"text", b"A: b\r\n\r\ntext\r\n"),
        (b"A: b\r\n", b"", b"A: b\r\n\r\n"),
        (b"", b"text\r\n", b"\r\ntext\r\n"),
        (b"A: b\r\n", b".\r\n..\r\n", b"A: b\r\n\r\n..\r\n...\r\n"),
        (b".A: b\r\n", b"text\r\n", b"..A: b\r\n\r\ntext\r\n"),
    ],
)
def test_message_is_put_together(header: bytes, body: bytes, wire: bytes):
    assert b"".join(wire_content(a_parcel(header=header, body=body))) == wire


@pytest.mark.parametrize("text", [b"\n", b"\r", b"a\r\r\n", b"\n\r\n", b"a\r\nb\n.\nc", b"\r\n\r"])
def test_bare_line_ends_are_seen(text: bytes):
    assert has_bare_line_end(text)


pieces = st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b".", b"\x0b", b"\x0c", b"\x85", b"\x1c"])


def test_every_short_text_is_judged_right():
    for length in range(7):
        for octets in product(b"\r\na.", repeat=length):
            text = bytes(octets)
            rest = text.replace(b"\r\n", b"")
            assert has_bare_line_end(text) == (b"\r" in rest or b"\n" in rest), text


@settings(max_examples=500)
@given(st.lists(pieces, max_size=12).map(b"".join), st.booleans())
def test_line_ends_are_judged_alike_in_small_and_in_large(text: bytes, is_large: bool):
    filling = b"x" * PORTION if is_large else b""

    assert has_bare_line_end(filling + text) == any(
        end in text.replace(b"\r\n", b"") for end in (b"\r", b"\n")
    )


@given(st.lists(st.sampled_from([b"x" * 9000, b"\r\n", b"\r\n.", b"."]), max_size=60), st.binary())
def test_large_content_is_stuffed_like_a_small_one(parts: list[bytes], first: bytes):
    body = b"".join([*parts, first.replace(b"\r", b"").replace(b"\n", b""), b"\r\n"])

    wire = b"".join(wire_content(a_parcel(body=body)))

    assert wire == stuff_dots(b"Subject: Hello\r\n\r\n" + body)


def test_large_content_is_not_copied():
    parcel = a_parcel(body=(b"." + b"x" * 75 + b"\r\n") * 300_000)
    tracemalloc.start()
    try:
        octets = sum(len(portion) for portion in wire_content(parcel))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert octets > len(parcel.body) + 300_000
    assert peak < 1_000_000


@pytest.mark.parametrize("text", [b"", b"a", b"\r\n", b"a\r\nb\r\n\r\n"])
def test_proper_line_ends_are_not_bare(text: bytes):
    assert not has_bare_line_end(text)
