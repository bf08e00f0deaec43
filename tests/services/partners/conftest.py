"""Two partners with an admin each, and the operator of the house."""

import pytest

from panel.domain.permission import Role, user_actor
from panel.services.installation import Installation
from tests.factories.people import a_partner


@pytest.fixture
def installation(config, vault):
    return Installation(config=config, vault=vault)


@pytest.fixture
def acme(session):
    partner = a_partner(session, slug="acme")
    session.commit()
    return partner


@pytest.fixture
def rival(session):
    partner = a_partner(session, slug="rival")
    session.commit()
    return partner


@pytest.fixture
def admin(acme):
    """The actor of an admin of acme."""
    return an_admin(acme)


def an_admin(partner):
    return user_actor(
        user_id=1,
        email=f"kim@{partner.slug}.test",
        role=Role.PARTNER_ADMIN,
        partner_id=partner.id,
        session_id=1,
        language="",
        address="192.0.2.1",
        may_read_bodies=False,
    )
