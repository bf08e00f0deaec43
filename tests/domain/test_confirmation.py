"""The code of a test mail: easy to type, short-lived, five tries."""

from datetime import timedelta

import pytest

from panel.domain.confirmation import ALPHABET, LIFE, TRIES, CodeFault, code_fault, shown, typed
from tests.factories.moments import NOON


def fault(**changes):
    fresh = {
        "sent_at": NOON,
        "confirmed_at": None,
        "tries": 0,
        "is_same_connection": True,
        "now": NOON + timedelta(minutes=1),
    }
    return code_fault(**(fresh | changes))


def test_nothing_in_it_is_taken_for_something_else():
    assert not set("ILO01") & set(ALPHABET)


@pytest.mark.parametrize("text", ["abcd-efgh", " ABCD EFGH ", "AbCdEfGh", "A B C D–E F G H"])
def test_small_letters_spaces_and_dashes_do_not_matter(text):
    assert typed(text) == "ABCDEFGH"
    assert typed(shown(typed(text))) == "ABCDEFGH"


def test_a_fresh_code_confirms():
    assert fault() is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"confirmed_at": NOON}, CodeFault.USED),
        ({"is_same_connection": False}, CodeFault.CHANGED),
        ({"now": NOON + LIFE}, CodeFault.EXPIRED),
        ({"tries": TRIES}, CodeFault.NO_TRIES_LEFT),
    ],
)
def test_a_code_confirms_once_in_time_for_its_connection(changes, expected):
    assert fault(**changes) is expected
