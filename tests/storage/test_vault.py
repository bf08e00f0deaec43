"""A sealed secret opens only with its key and together with what it was bound to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from panel.storage.vault import Sealed, SecretUnreadable, Vault, key_id

OLD, NEW = b"o" * 32, b"n" * 32
VAULT = Vault((NEW, OLD))


@given(secret=st.text(st.characters(exclude_categories=["Cs"])), bound_to=st.binary())
def test_a_secret_opens_with_what_it_was_bound_to(secret, bound_to):
    assert VAULT.open(VAULT.seal(secret, bound_to), bound_to) == secret


@given(bound_to=st.binary(), other=st.binary())
def test_it_does_not_open_together_with_anything_else(bound_to, other):
    sealed = VAULT.seal("hunter2", bound_to)

    if other != bound_to:
        with pytest.raises(SecretUnreadable):
            VAULT.open(sealed, other)


def test_secrets_are_written_with_the_newest_key_and_read_with_any():
    written_before = Vault((OLD,)).seal("hunter2", b"x")

    assert VAULT.seal("hunter2", b"x").key_id == key_id(NEW) == VAULT.newest_key_id
    assert VAULT.open(written_before, b"x") == "hunter2"
    assert VAULT.key_ids == {key_id(NEW), key_id(OLD)}


def test_a_missing_key_is_named_in_the_refusal():
    sealed = Vault((OLD,)).seal("hunter2", b"x")

    with pytest.raises(SecretUnreadable, match=key_id(OLD)):
        Vault((NEW,)).open(sealed, b"x")


def test_another_key_under_the_same_name_does_not_open_it():
    sealed = Vault((OLD,)).seal("hunter2", b"x")

    with pytest.raises(SecretUnreadable):
        VAULT.open(Sealed(key_id(NEW), sealed.ciphertext), b"x")


@given(position=st.integers(0, 34), mask=st.integers(1, 255))
def test_a_changed_bit_anywhere_makes_it_unreadable(position, mask):
    sealed = VAULT.seal("hunter2", b"x")
    changed = bytearray(sealed.ciphertext)
    changed[position % len(changed)] ^= mask

    with pytest.raises(SecretUnreadable):
        VAULT.open(Sealed(sealed.key_id, bytes(changed)), b"x")


@pytest.mark.parametrize("length", [0, 5, 12, 20])
def test_a_torn_secret_is_unreadable(length):
    sealed = VAULT.seal("hunter2", b"x")

    with pytest.raises(SecretUnreadable):
        VAULT.open(Sealed(sealed.key_id, sealed.ciphertext[:length]), b"x")


def test_the_same_secret_never_looks_the_same_twice():
    looks = {VAULT.seal("hunter2", b"x").ciphertext for _ in range(100)}

    assert len(looks) == 100


def test_neither_key_nor_secret_is_seen_in_its_text_form():
    assert "nnn" not in repr(VAULT)
    assert b"hunter2" not in VAULT.seal("hunter2", b"x").ciphertext
