"""Names of messages sort by time and never repeat."""

import secrets
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.domain.identifier import LENGTH, ulid
from tests.factories.moments import NOON

ENTROPY = st.binary(min_size=10, max_size=10)


def test_the_example_of_the_specification():
    # 01ARYZ6S41… stands for 1469918176385 milliseconds in the ULID specification.
    at = NOON.fromtimestamp(1469918176385 / 1000, NOON.tzinfo)

    assert ulid(at, bytes(10)).startswith("01ARYZ6S41")


@given(entropy=ENTROPY)
def test_it_has_26_characters_none_of_which_is_easily_misread(entropy):
    name = ulid(NOON, entropy)

    assert len(name) == LENGTH
    assert not set(name) & set("ILOU")


@given(first=ENTROPY, second=ENTROPY, apart_ms=st.integers(1, 10**9))
def test_a_later_one_sorts_behind_an_earlier_one(first, second, apart_ms):
    later = NOON + timedelta(milliseconds=apart_ms)

    assert ulid(NOON, first) < ulid(later, second)


def test_names_of_one_moment_differ():
    names = {ulid(NOON, secrets.token_bytes(10)) for _ in range(1000)}

    assert len(names) == 1000


@pytest.mark.parametrize("length", [0, 9, 11])
def test_it_wants_exactly_ten_random_bytes(length):
    with pytest.raises(ValueError, match="10"):
        ulid(NOON, bytes(length))
