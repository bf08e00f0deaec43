"""A provider's password is bound to the provider's owner and connection identity."""

import pytest

from panel.domain.provider import Encryption
from panel.storage.models import Provider
from panel.storage.secrets import is_readable, read_secret, store_secret
from panel.storage.vault import SecretUnreadable, Vault
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider


@pytest.fixture
def provider(session, vault):
    """A provider with a stored password, read back from the database."""
    provider = a_provider(session, vault=vault, password="hunter2", username="ann", port=587)
    session.commit()
    session.expire_all()
    return session.get_one(Provider, provider.id)


def test_the_password_comes_back_from_the_database(provider, vault):
    assert read_secret(provider, vault) == "hunter2"
    assert is_readable(provider, vault)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("driver", "other"),
        ("host", "127.0.0.2"),
        ("port", 25),
        ("encryption", Encryption.SSL),
        ("verify_certificate", False),
        ("username", "bob"),
    ],
)
def test_it_does_not_open_for_another_identity(provider, vault, name, value):
    setattr(provider, name, value)

    assert not is_readable(provider, vault)
    with pytest.raises(SecretUnreadable):
        read_secret(provider, vault)


def test_it_does_not_open_for_another_owner(session, provider, vault):
    provider.partner_id = a_partner(session).id

    assert not is_readable(provider, vault)


def test_it_does_not_open_with_another_key(provider):
    assert not is_readable(provider, Vault((b"x" * 32,)))


def test_it_does_not_open_in_the_row_of_another_provider_with_other_settings(
    session, provider, vault
):
    thief = a_provider(session, host="127.0.0.9", username="ann", port=587)
    thief.secret, thief.secret_key_id = provider.secret, provider.secret_key_id

    assert not is_readable(thief, vault)


def test_who_changed_it_and_when_is_kept(provider, vault):
    store_secret(provider, "hunter3", vault=vault, now=NOON, by="kim@house.test")

    assert (provider.secret_changed_at, provider.secret_changed_by) == (NOON, "kim@house.test")
    assert read_secret(provider, vault) == "hunter3"


def test_an_empty_password_removes_the_stored_one(provider, vault):
    store_secret(provider, "", vault=vault, now=NOON, by="kim@house.test")

    assert provider.secret is None
    assert read_secret(provider, vault) == ""
    assert is_readable(provider, vault)


def test_a_new_password_voids_the_passed_test(provider, vault):
    assert not provider.is_verified or provider.verified_at is not None
    was_verified = provider.is_verified

    store_secret(provider, "hunter3", vault=vault, now=NOON.replace(hour=13), by="kim")

    assert was_verified
    assert not provider.is_verified
