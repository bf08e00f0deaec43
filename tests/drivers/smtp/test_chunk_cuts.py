"""Messages cut into chunks are the same messages, and are not copied for it."""

import tracemalloc

from hypothesis import given, settings
from hypothesis import strategies as st

from panel.drivers.smtp.chunks import CHUNK, chunks
from tests.drivers.smtp.dialogue import a_parcel
from tests.drivers.smtp.test_chunks import LARGE


def test_dots_are_not_doubled():
    (part,) = chunks(a_parcel(body=b".\r\n..\r\n"))

    assert b"".join(part) == b"BDAT 25 LAST\r\nSubject: Hello\r\n\r\n.\r\n..\r\n"


def test_content_without_a_line_end_gets_one():
    (part,) = chunks(a_parcel(body=b"end"))

    assert b"".join(part).endswith(b"\r\n\r\nend\r\n")


@given(size=st.integers(0, 3 * CHUNK), has_end=st.booleans(), skip=st.integers(0, 1))
@settings(max_examples=30)
def test_chunks_put_together_are_the_message(size: int, has_end: bool, skip: int):
    parcel = a_parcel(body=b"y" * size + (b"\r\n" if has_end else b""))
    rest, taken = b"".join(b"".join(part) for part in chunks(parcel, skip=skip)), b""

    is_last = False
    while rest:
        assert not is_last
        command, _, rest = rest.partition(b"\r\n")
        verb, octets, *last = command.split()
        assert verb == b"BDAT"
        is_last = last == [b"LAST"]
        taken, rest = taken + rest[: int(octets)], rest[int(octets) :]

    assert is_last
    end = b"" if has_end or not size else b"\r\n"
    assert taken == (parcel.header + b"\r\n" + parcel.body[:] + end)[skip:]


def test_last_portion_of_a_chunk_is_never_empty():
    """All is out when it is written, so that an answer cannot come too early."""
    assert all([*part][-1] for part in chunks(LARGE))


def test_large_content_is_not_copied():
    tracemalloc.start()
    try:
        octets = sum(len(portion) for part in chunks(LARGE) for portion in part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert octets > len(LARGE.body)
    assert peak < 200_000  # a portion and the next
