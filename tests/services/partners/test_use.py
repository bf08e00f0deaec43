"""A partner's server is taken out of use and put to use again, by whom and when."""

import pytest

from panel.domain.provider import ServiceType
from panel.services.provider_activation import NotVerified
from panel.services.refusals import NotFound
from panel.services.smtp_tab import use
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.services.partners.conftest import an_admin


def switch(session, actor, *, is_active, place=ServiceType.PRIMARY):
    use(session, actor, slug="acme", place=place, is_active=is_active, now=NOON)


def test_the_last_server_may_be_switched_off_and_on(session, acme):
    server = a_provider(session, partner_id=acme.id)
    session.commit()

    switch(session, an_admin(acme), is_active=False)
    assert not server.is_active
    switch(session, an_admin(acme), is_active=True)
    assert server.is_active


def test_what_has_not_passed_a_test_stays_off(session, acme):
    a_provider(session, partner_id=acme.id, is_active=False, verified=False)
    session.commit()

    with pytest.raises(NotVerified):
        switch(session, an_admin(acme), is_active=True)


def test_a_server_that_is_not_there_and_anothers_are_not_found(session, acme, rival):
    a_provider(session, partner_id=acme.id)
    session.commit()

    with pytest.raises(NotFound):
        switch(session, an_admin(acme), is_active=False, place=ServiceType.FALLBACK)
    with pytest.raises(NotFound):
        switch(session, an_admin(rival), is_active=False)
