"""Creating and changing providers: order, secrets, tests before activation, two people at once."""

from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.decision import NO_PROVIDER
from panel.domain.delivery import DeliveryState
from panel.domain.provider import Encryption, Limits, ServiceType
from panel.services import provider_changes
from panel.services.installation import Installation
from panel.services.provider_changes import StaleEdit, change, create
from panel.services.provider_lists import LastActive
from panel.services.providers import listing
from panel.services.refusals import Invalid, NotAllowed, NotFound
from panel.storage.database import session_for
from panel.storage.models import AuditEvent, Delivery, Provider, ProviderHealth, ProviderList
from panel.storage.secrets import read_secret
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import (
    OPERATOR,
    SUPPORT,
    connection_values,
    provider_values,
    values_of,
)
from tests.factories.providers import a_provider

TOMORROW = NOON + timedelta(days=1)
PASSWORD = "a-very-secret-password"
LOGIN = {"username": "kim", "password": PASSWORD}


@pytest.fixture
def installation(config, vault):
    return Installation(config=config, vault=vault)


@pytest.fixture
def add(session, installation):
    def add(**overrides):
        values = provider_values(**overrides)
        return create(session, OPERATOR, values=values, installation=installation, now=NOON)

    return add


@pytest.fixture
def save(session, installation):
    def save(provider, values, *, version=None, session=session):
        return change(
            session,
            OPERATOR,
            provider_id=provider.id,
            values=values,
            version=version,
            installation=installation,
            now=NOON,
        )

    return save


def names(session, installation):
    shown = listing(session, OPERATOR, vault=installation.vault)
    return [state.provider.name for state in shown.providers]


def last_event(session):
    return session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc())).first()


def test_all_fields_are_stored(add, session, vault):
    values = {
        "connection": connection_values(
            host="Relay.House.Test", port=465, encryption=Encryption.SSL,
            verify_certificate=False, **LOGIN,
        ),
        "from_name": "The House",
        "domains": ("house.test", ".shop.test"),
        "service_type": ServiceType.FALLBACK,
        "limits": Limits(1, 20, 300, 4000),
    }  # fmt: skip

    provider = add(**values).provider

    session.expire_all()
    stored = session.get(Provider, provider.id)
    assert (stored.host, stored.port, stored.username) == ("relay.house.test", 465, "kim")
    assert (stored.encryption, stored.verify_certificate) == (Encryption.SSL, False)
    assert (stored.from_email, stored.from_name) == ("post@house.test", "The House")
    assert stored.domains == ["house.test", ".shop.test"]
    assert (stored.service_type, stored.limits) == (
        ServiceType.FALLBACK,
        Limits(1, 20, 300, 4000),
    )
    assert read_secret(stored, vault) == PASSWORD
    assert (stored.secret_changed_at, stored.secret_changed_by) == (NOON, "ada@house.test")
    assert not stored.is_active


def test_new_providers_stand_at_the_end_of_their_group(add, session, installation):
    add(name="first")
    add(name="spare", service_type=ServiceType.FALLBACK)
    add(name="second")
    add(name="last resort", service_type=ServiceType.FALLBACK)

    assert names(session, installation) == ["first", "second", "spare", "last resort"]


def test_name_is_unique_in_a_list_whatever_its_case(add, session):
    add(name="Relay")

    with pytest.raises(Invalid) as refused:
        add(name="relay")

    assert list(refused.value.errors) == ["name"]
    assert len(session.scalars(select(Provider)).all()) == 1


def test_name_of_a_deleted_provider_is_free_again(add, session):
    add(name="relay").provider.deleted_at = NOON
    session.commit()

    assert add(name="relay").provider.name == "relay"


def test_name_of_a_partners_provider_does_not_stand_in_the_way(add, session):
    a_provider(session, partner_id=a_partner(session).id, name="relay")
    session.commit()

    assert add(name="relay").provider.partner_id is None


def test_saving_as_active_tests_first_and_verifies(add, smtp_server, session):
    saved = add(connection=connection_values(port=smtp_server.port), is_active=True)

    assert saved.test.ok
    assert saved.provider.is_active
    assert saved.provider.is_verified
    assert (saved.provider.verified_at, saved.provider.verified_by) == (NOON, "ada@house.test")
    assert smtp_server.verbs[-2:] == ["QUIT", "CLOSED"]


def test_saving_as_active_is_inactive_when_the_test_fails(add, smtp_server):
    smtp_server.answers("banner", "554 5.3.2 go away")

    saved = add(connection=connection_values(port=smtp_server.port), is_active=True)

    assert saved.is_put_aside
    assert not saved.provider.is_active
    assert not saved.provider.is_verified


def test_no_transaction_is_open_while_the_server_is_asked(
    add, engine, make_smtp_server, installation
):
    server = make_smtp_server()
    server.stall("ehlo")
    saved = []
    values = {"connection": connection_values(port=server.port), "is_active": True}
    saving = Thread(target=lambda: saved.append(add(name="slow", **values)))
    saving.start()
    server.wait_for_command("EHLO")

    with session_for(engine) as other:
        quick = create(
            other,
            OPERATOR,
            values=provider_values(name="quick"),
            installation=installation,
            now=NOON,
        )
    server.stop()
    saving.join()

    assert quick.provider.id < saved[0].provider.id


def test_activated_provider_releases_mail_that_waited_for_one(add, smtp_server, session):
    delivery = a_delivery(
        session, state=DeliveryState.HELD, rule=NO_PROVIDER, next_attempt_at=TOMORROW
    )
    session.commit()

    add(connection=connection_values(port=smtp_server.port), is_active=True)

    session.expire_all()
    assert session.get(Delivery, delivery.id).next_attempt_at == NOON


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
    assert PASSWORD not in str(event.after)


def test_empty_password_keeps_the_stored_one(add, save, vault):
    provider = add(connection=connection_values(**LOGIN)).provider

    saved = save(provider, values_of(provider, from_name="Post"))

    assert read_secret(saved.provider, vault) == PASSWORD
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
    assert read_secret(session.get(Provider, provider.id), vault) == PASSWORD


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


def test_active_provider_is_not_tested_for_a_change_of_its_name(session, save, smtp_server):
    provider = a_provider(session, port=smtp_server.port)
    session.commit()

    saved = save(provider, values_of(provider, name="other"))

    assert saved.test is None
    assert saved.provider.is_active
    assert smtp_server.connections == 0


def test_active_provider_with_a_new_connection_that_fails_is_saved_inactive(session, save):
    a_provider(session, name="spare")
    provider = a_provider(session)
    session.commit()
    moved = connection_values(host="127.0.0.1", port=9)

    saved = save(provider, values_of(provider, connection=moved))

    assert saved.is_put_aside
    assert (saved.provider.port, saved.provider.is_active) == (9, False)


def test_last_active_provider_keeps_its_connection_when_the_new_one_fails(session, save):
    provider = a_provider(session)
    session.commit()
    values = values_of(provider, connection=connection_values(port=9))

    with pytest.raises(LastActive) as refused:
        save(provider, values)

    assert refused.value.test is not None
    assert not refused.value.test.ok
    session.expire_all()
    stored = session.get(Provider, provider.id)
    assert (stored.port, stored.is_active) == (2599, True)


def test_last_active_provider_cannot_be_saved_as_inactive(session, save):
    provider = a_provider(session)
    session.commit()

    with pytest.raises(LastActive):
        save(provider, values_of(provider, is_active=False))

    session.expire_all()
    assert session.get(Provider, provider.id).is_active


def test_other_service_type_moves_the_provider_to_the_end_of_that_group(
    add, save, session, installation
):
    first = add(name="first").provider
    add(name="second")
    add(name="spare", service_type=ServiceType.FALLBACK)
    version = session.scalars(select(ProviderList)).one().version

    save(first, values_of(first, service_type=ServiceType.FALLBACK))

    assert names(session, installation) == ["second", "spare", "first"]
    session.expire_all()
    assert session.scalars(select(ProviderList)).one().version == version + 1


def test_edit_closes_the_breaker(session, save):
    provider = a_provider(session)
    health = ProviderHealth(provider_id=provider.id, state=BreakerState.DISABLED, failures=3)
    session.add(health)
    session.commit()

    save(provider, values_of(provider, from_name="Post"))

    session.expire_all()
    left = session.get(ProviderHealth, provider.id)
    assert left is None or left.state is BreakerState.CLOSED


def test_stale_edit_is_refused_and_changes_nothing(add, save, session):
    provider = add().provider
    opened = provider.version
    save(provider, values_of(provider, from_name="by Ada"), version=opened)

    with pytest.raises(StaleEdit):
        save(provider, values_of(provider, from_name="by Bob"), version=opened)

    session.expire_all()
    assert session.get(Provider, provider.id).from_name == "by Ada"


def test_of_two_edits_at_once_one_wins_and_the_other_is_told(engine, add, save, session):
    provider = add().provider
    opened = provider.version
    told = []

    def edit(by):
        with session_for(engine) as own:
            try:
                save(provider, values_of(provider, from_name=by), version=opened, session=own)
            except StaleEdit:
                told.append(by)

    editors = [Thread(target=edit, args=(by,)) for by in ("Ada", "Bob")]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()

    session.expire_all()
    winner = session.get(Provider, provider.id).from_name
    assert sorted([winner, *told]) == ["Ada", "Bob"]


def test_change_made_while_the_new_connection_is_tested_is_not_lost(
    engine, add, save, session, make_smtp_server
):
    server = make_smtp_server()
    server.stall("ehlo")
    provider = add().provider
    values = values_of(
        provider, connection=connection_values(port=server.port), is_active=True, from_name="slow"
    )
    told = []

    def edit_slowly():
        with session_for(engine) as own:
            try:
                save(provider, values, session=own)
            except StaleEdit as refusal:
                told.append(refusal)

    slow = Thread(target=edit_slowly)
    slow.start()
    server.wait_for_command("EHLO")
    save(provider, values_of(provider, from_name="quick"))
    server.stop()
    slow.join()

    assert len(told) == 1
    session.expire_all()
    assert session.get(Provider, provider.id).from_name == "quick"


def test_support_may_not_change_providers(session, installation):
    with pytest.raises(NotAllowed):
        create(session, SUPPORT, values=provider_values(), installation=installation, now=NOON)


def test_deleted_provider_cannot_be_changed(add, save, session):
    provider = add().provider
    provider.deleted_at = NOON
    session.commit()

    with pytest.raises(NotFound):
        save(provider, values_of(provider))


def test_secret_stays_out_of_every_repr(installation):
    values = provider_values(connection_values(**LOGIN))
    secret = provider_changes.chosen_secret(values.connection, None, vault=installation.vault)

    assert PASSWORD not in f"{values!r} {secret!r} {values.connection!r}"
