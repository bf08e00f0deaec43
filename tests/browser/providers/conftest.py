"""Servers and providers for the tests of the provider pages."""

import pytest

from panel.domain.provider import ServiceType
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider


@pytest.fixture
def server(make_smtp_server):
    return make_smtp_server(users={"kim": SECRET})


@pytest.fixture
def three(session):
    """Ids of two primaries and a fallback: first, second, spare."""
    kinds = {"first": "primary", "second": "primary", "spare": "fallback"}
    made = [
        a_provider(session, name=name, service_type=ServiceType(kind))
        for name, kind in kinds.items()
    ]
    session.commit()
    return [str(provider.id) for provider in made]


@pytest.fixture
def saved(session, vault, server):
    """An untested, inactive provider with a stored password."""
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    a_provider(session, name="other")
    provider = a_provider(
        session, name="relay", port=server.port, verified=False, is_active=False, **login
    )
    session.commit()
    return provider
