"""The password of a provider: kept, replaced, asked for again, never shown."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from panel.domain.provider import Encryption
from panel.services.provider_secrets import chosen_secret
from panel.services.refusals import Invalid
from panel.storage.models import AuditEvent, Provider
from panel.storage.secrets import read_secret
from tests.factories.provider_forms import (
    LOGIN,
    SECRET,
    connection_values,
    provider_values,
    values_of,
)
from tests.factories.providers import a_provider


def last_event(session):
    return session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()


def test_change_shows_before_and_after_in_the_audit_without_secrets(add, save, session):
    provider = add(connection=connection_values(**LOGIN)).provider
    values = replace(values_of(provider, password="another-secret"), name="house relay")

    save(provider, values)

    event = last_event(session)
    assert (event.action, event.subject) == ("provider.changed", f"provider:{provider.id}")
    assert event.before == {"name": "relay"}
    assert event.after == {"name": "house relay", "password": "changed"}
    assert event.actor == "ada@house.test"


def test_creation_is_in_the_audit_without_secrets(add, session):
    provider = add(connection=connection_values(**LOGIN)).provider

    event = last_event(session)
    assert (event.action, event.subject) == ("provider.created", f"provider:{provider.id}")
    assert event.after["host"] == "127.0.0.1"
    assert event.after["password"] == "changed"
    assert SECRET not in str(event.after)


def test_empty_password_keeps_the_stored_one(add, save, vault):
    provider = add(connection=connection_values(**LOGIN)).provider

    saved = save(provider, values_of(provider, from_name="Post"))

    assert read_secret(saved.provider, vault) == SECRET
    assert saved.provider.from_name == "Post"


@pytest.mark.parametrize(
    "other",
    [
        {"host": "127.0.0.2"},
        {"port": 2598},
        {"username": "lee"},
        {"encryption": Encryption.TLS},
        {"verify_certificate": False},
    ],
    ids=lambda other: next(iter(other)),
)
def test_stored_password_is_asked_for_again_when_its_connection_changes(
    other, add, save, session, vault
):
    provider = add(connection=connection_values(**LOGIN)).provider
    values = values_of(provider)

    with pytest.raises(Invalid) as refused:
        save(provider, replace(values, connection=replace(values.connection, **other)))

    assert list(refused.value.errors) == ["password"]
    assert refused.value.values["server"] == "127.0.0.1:2599"
    session.expire_all()
    assert read_secret(session.get(Provider, provider.id), vault) == SECRET


def test_stored_password_goes_when_the_login_goes(add, save, session):
    provider = add(connection=connection_values(**LOGIN)).provider

    saved = save(provider, values_of(provider, connection=connection_values()))

    assert saved.provider.secret is None
    assert last_event(session).after["password"] == "removed"


def test_user_name_without_a_password_is_refused(add):
    with pytest.raises(Invalid) as refused:
        add(connection=connection_values(username="kim"))

    assert list(refused.value.errors) == ["password"]


def test_other_connection_is_not_verified_any_more(session, save):
    provider = a_provider(session, is_active=False)
    session.commit()

    saved = save(provider, values_of(provider, connection=connection_values(port=2598)))

    assert not saved.provider.is_verified
    assert saved.provider.verified_at is None


def test_retyped_password_is_not_verified_any_more(session, save, vault):
    provider = a_provider(session, vault=vault, password="old", username="kim", is_active=False)
    session.commit()
    assert provider.is_verified

    saved = save(provider, values_of(provider, password="new"))

    assert not saved.provider.is_verified


def test_secret_stays_out_of_every_repr(installation):
    values = provider_values(connection_values(**LOGIN))
    secret = chosen_secret(values.connection, None, vault=installation.vault)

    assert SECRET not in f"{values!r} {secret!r} {values.connection!r}"
