"""Changed providers: tested again where the connection changed, never the last one lost."""

import pytest
from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.provider import ServiceType
from panel.services.provider_lists import LastActive
from panel.services.providers import listing
from panel.storage.models import Provider, ProviderHealth, ProviderList
from tests.factories.provider_forms import (
    OPERATOR,
    connection_values,
    values_of,
)
from tests.factories.providers import a_provider


def names(session, installation):
    shown = listing(session, OPERATOR, vault=installation.vault)
    return [state.provider.name for state in shown.providers]


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
