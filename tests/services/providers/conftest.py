"""Ways to save a provider, as the form does."""

import pytest

from panel.services.installation import Installation
from panel.services.provider_changes import change, create
from tests.factories.moments import NOON
from tests.factories.provider_forms import (
    OPERATOR,
    provider_values,
)


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
