"""Which passwords people may choose, and how they are kept."""

import argon2
import pytest

from panel.services.passwords import fault_of, hash_password, is_outdated, is_right

GOOD = "correct horse battery staple"


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("elevenchars", "too short"),
        ("x" * 1025, "too long"),
        ("my name is ANNA@house.test", "contains the e-mail address"),
        ("Anna.Schmidt is my name", "contains the e-mail address"),
        ("abababababababab", "repeats the same few characters"),
    ],
)
def test_bad_password_is_refused_with_the_reason(password, said):
    email = "anna@house.test" if "ANNA@" in password else "anna.schmidt@house.test"

    assert said in (fault_of(password, email=email) or "")


@pytest.mark.parametrize("password", [GOOD, "twelve chars", "şifre değil öyle", "x1y2" * 256])
def test_long_passwords_of_any_characters_are_taken(password):
    assert fault_of(password, email="anna@house.test") is None


def test_short_local_part_is_not_looked_for():
    assert fault_of("a password with an a", email="a@house.test") is None


def test_hash_is_argon2id_and_opens_for_its_password_only():
    stored = hash_password(GOOD)

    assert stored.startswith("$argon2id$")
    assert is_right(GOOD, stored)
    assert not is_right(GOOD + " ", stored)


def test_same_password_never_has_the_same_hash():
    assert hash_password(GOOD) != hash_password(GOOD)


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_nothing_opens_without_a_hash(stored):
    assert not is_right("", stored)
    assert not is_right(GOOD, stored)


def test_endless_password_is_not_computed():
    assert not is_right("x" * 5000, hash_password(GOOD))


def test_weaker_hash_of_old_is_outdated():
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(GOOD)

    assert is_outdated(weak)
    assert not is_outdated(hash_password(GOOD))
