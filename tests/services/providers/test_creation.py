"""New providers: stored whole, at the end of their group, active only once tested."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from panel.domain.decision import NO_PROVIDER
from panel.domain.delivery import DeliveryState
from panel.domain.provider import Encryption, Limits, ServiceType
from panel.services.providers import listing
from panel.services.refusals import Invalid
from panel.storage.models import Delivery, Provider
from panel.storage.secrets import read_secret
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import (
    LOGIN,
    OPERATOR,
    SECRET,
    connection_values,
    values_of,
)
from tests.factories.providers import a_provider

TOMORROW = NOON + timedelta(days=1)


def names(session, installation):
    shown = listing(session, OPERATOR, vault=installation.vault)
    return [state.provider.name for state in shown.providers]


def test_all_fields_are_stored(add, session, vault):
    values = {
        "connection": connection_values(
            host="Relay.House.Test", port=465, encryption=Encryption.SSL,
            verify_certificate=False, **LOGIN,
        ),
        "from_name": "The House",
        "domains": ("house.test", ".shop.test"),
        "service_type": ServiceType.FALLBACK,
        "limits": Limits(1, 20, 300, 4000, elsewhere_per_day=1500),
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
        Limits(1, 20, 300, 4000, elsewhere_per_day=1500),
    )
    assert read_secret(stored, vault) == SECRET
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


def test_activated_provider_releases_mail_that_waited_for_one(add, smtp_server, session):
    delivery = a_delivery(
        session, state=DeliveryState.HELD, rule=NO_PROVIDER, next_attempt_at=TOMORROW
    )
    session.commit()

    add(connection=connection_values(port=smtp_server.port), is_active=True)

    session.expire_all()
    assert session.get(Delivery, delivery.id).next_attempt_at == NOON


def test_active_provider_is_not_tested_for_a_change_of_its_name(session, save, smtp_server):
    provider = a_provider(session, port=smtp_server.port)
    session.commit()

    saved = save(provider, values_of(provider, name="other"))

    assert saved.test is None
    assert saved.provider.is_active
    assert smtp_server.connections == 0


def test_international_domains_are_stored_as_mail_has_them(add, session):
    provider = add(
        connection=connection_values(host="smtp.münchen.test"),
        from_email="post@münchen.test",
        domains=(".münchen.test", "xn--mnchen-3ya.test", "straße.test"),
    ).provider

    session.expire_all()
    stored = session.get(Provider, provider.id)
    assert stored.host == "smtp.xn--mnchen-3ya.test"
    assert stored.from_email == "post@xn--mnchen-3ya.test"
    assert stored.domains == [".xn--mnchen-3ya.test", "xn--mnchen-3ya.test", "xn--strae-oqa.test"]
