"""A connection identity is everything that a secret and a passed test belong to."""

from dataclasses import replace

import pytest

from panel.domain.provider import ConnectionIdentity, Encryption

IDENTITY = ConnectionIdentity(
    driver="smtp",
    host="relay.house.test",
    port=587,
    encryption=Encryption.TLS,
    verify_certificate=True,
    username="ann",
)
CHANGES = [
    {"driver": "mailgun"},
    {"host": "relay2.house.test"},
    {"port": 465},
    {"encryption": Encryption.SSL},
    {"verify_certificate": False},
    {"username": "bob"},
]


@pytest.mark.parametrize("change", CHANGES)
def test_each_part_makes_another_identity(change):
    other = replace(IDENTITY, **change)

    assert other.canonical("house") != IDENTITY.canonical("house")
    assert other.digest("1") != IDENTITY.digest("1")


def test_the_letter_case_of_the_host_makes_no_difference():
    assert replace(IDENTITY, host="RELAY.house.test").digest("1") == IDENTITY.digest("1")


def test_owner_and_version_of_the_secret_are_part_of_it():
    assert IDENTITY.canonical("house") != IDENTITY.canonical("partner:1")
    assert IDENTITY.digest("1") != IDENTITY.digest("2")


def test_parts_cannot_be_shifted_into_each_other():
    shifted = replace(IDENTITY, host='relay.house.test", 587, "tls', port=1)

    assert shifted.canonical("house") != IDENTITY.canonical("house")


def test_a_digest_has_one_length_whatever_it_names():
    long = replace(IDENTITY, username="x" * 1000)

    assert len(long.digest("1")) == len(IDENTITY.digest("1")) == 64


def test_settings_of_a_driver_belong_to_the_identity_and_none_leave_it_as_it_was():
    plain = ConnectionIdentity("smtp", "Host", 25, Encryption.TLS, True, "kim")
    region = replace(plain, settings=(("region", "eu"),))

    known = b'["house", "smtp", "host", 25, "tls", true, "kim"]'
    assert plain.canonical("house") == known
    assert region.canonical("house") != known
    assert region.digest("1") != plain.digest("1")
