"""Ways to save a provider, as the form does."""

import json

import pytest

from panel.domain.provider import ServiceType
from panel.services.installation import Installation
from panel.services.provider_changes import change, create
from panel.services.provider_imports import apply, preview
from tests.factories.moments import NOON
from tests.factories.provider_forms import OPERATOR, SECRET, provider_values
from tests.factories.providers import a_provider


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


@pytest.fixture
def three(session, vault):
    """Two primaries, the first with a password, and a fallback."""
    login = {"vault": vault, "password": SECRET, "username": "kim"}
    a_provider(session, name="first", **login)
    a_provider(session, name="second", per_hour=100)
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK, is_active=False)
    session.commit()


@pytest.fixture
def carry_out(session, installation):
    """Applies the plan of a document that was just looked at."""

    def carry_out(document, *, removes_missing=False, session=session, fingerprint=None):
        raw = json.dumps(document).encode()
        plan = preview(session, OPERATOR, raw=raw, removes_missing=removes_missing)
        assert plan.faults == ()
        return apply(
            session,
            OPERATOR,
            raw=raw,
            removes_missing=removes_missing,
            fingerprint=plan.fingerprint if fingerprint is None else fingerprint,
            installation=installation,
            now=NOON,
        )

    return carry_out
