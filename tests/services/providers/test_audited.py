"""Each change of a provider, and each test of it, is written down; passwords as a word."""

import pytest
from sqlalchemy import select

from panel.services.connection_tests import of_saved
from panel.services.provider_deletion import delete
from panel.services.provider_lists import LastActive
from panel.storage.models import AuditEvent
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import LOGIN, OPERATOR, SECRET, connection_values, values_of
from tests.factories.providers import a_provider


def events(session):
    return session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()


@pytest.mark.parametrize("is_there", [True, False], ids=["passed", "failed"])
def test_test_that_goes_before_saving_is_written_down(is_there, add, smtp_server, session):
    port = smtp_server.port if is_there else 2599

    provider = add(connection=connection_values(port=port), is_active=True).provider

    tested, created = events(session)
    assert (tested.action, tested.subject) == ("provider.tested", f"provider:{provider.id}")
    assert (tested.after["ok"], tested.after["port"]) == (is_there, port)
    assert ("rule" in tested.after) is not is_there
    assert created.action == "provider.created"


def test_test_because_of_which_nothing_was_saved_is_written_down(save, session):
    provider = a_provider(session)
    session.commit()
    elsewhere = connection_values(port=2598)

    with pytest.raises(LastActive):
        save(provider, values_of(provider, connection=elsewhere))

    (tested,) = events(session)
    assert (tested.action, tested.after["ok"], tested.after["port"]) == (
        "provider.tested",
        False,
        2598,
    )


def test_test_of_a_partners_provider_is_written_down_as_the_partners(session, installation):
    partner = a_partner(session)
    provider = a_provider(session, partner_id=partner.id)
    session.commit()

    list(of_saved(session, OPERATOR, provider_id=provider.id, installation=installation, now=NOON))

    assert events(session)[0].partner_id == partner.id


def test_new_password_is_written_down_as_a_word(add, save, session):
    provider = add(connection=connection_values(**LOGIN)).provider

    save(provider, values_of(provider, password="another-secret"))

    created, changed = events(session)
    assert created.after["password"] == "changed"
    assert (changed.before, changed.after) == ({}, {"password": "changed"})


def test_deletion_tells_that_a_password_went_too(session, vault):
    a_provider(session)
    provider = a_provider(session, vault=vault, password=SECRET, username="kim")

    delete(session, OPERATOR, provider_id=provider.id, now=NOON)

    (deleted,) = events(session)
    assert (deleted.before["name"], deleted.before["password"]) == (provider.name, "stored")
