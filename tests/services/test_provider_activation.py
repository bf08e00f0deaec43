"""Switching providers on and off: tested ones only, and never the last one off."""

from datetime import timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from panel.domain.decision import NO_PROVIDER
from panel.domain.delivery import DeliveryState
from panel.services.provider_activation import NotVerified, set_active
from panel.services.provider_deletion import delete
from panel.services.provider_lists import LastActive
from panel.services.refusals import NotAllowed, NotFound
from panel.storage.database import session_for
from panel.storage.models import AuditEvent, Delivery, Provider, ProviderList
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import OPERATOR, SUPPORT
from tests.factories.providers import a_provider

TOMORROW = NOON + timedelta(days=1)


def switch(session, provider, is_active, **reason):
    return set_active(
        session, OPERATOR, provider_id=provider.id, is_active=is_active, now=NOON, **reason
    )


def stored(session, provider):
    session.expire_all()
    return session.get(Provider, provider.id)


def test_tested_provider_can_be_switched_on(session):
    provider = a_provider(session, is_active=False)
    session.commit()

    switch(session, provider, True)

    assert stored(session, provider).is_active
    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.before, event.after) == (
        "provider.activated",
        {"is_active": False},
        {"is_active": True},
    )


def test_untested_provider_stays_off(session):
    provider = a_provider(session, is_active=False, verified=False)
    session.commit()

    with pytest.raises(NotVerified):
        switch(session, provider, True, override_reason="   ")

    assert not stored(session, provider).is_active


def test_reason_in_place_of_a_test_is_audited(session):
    provider = a_provider(session, is_active=False, verified=False)
    session.commit()

    switch(session, provider, True, override_reason="The server greets only from 8 to 5.")

    assert stored(session, provider).is_active
    event = session.scalars(select(AuditEvent)).one()
    assert event.after["override_reason"] == "The server greets only from 8 to 5."


def test_switching_on_makes_held_mail_due(session):
    provider = a_provider(session, is_active=False)
    waiting = a_delivery(
        session, state=DeliveryState.HELD, rule=NO_PROVIDER, next_attempt_at=TOMORROW
    )
    session.commit()

    switch(session, provider, True)

    session.expire_all()
    assert session.get(Delivery, waiting.id).next_attempt_at == NOON


def test_provider_beside_another_active_one_can_be_switched_off(session):
    a_provider(session)
    provider = a_provider(session)
    session.commit()

    switch(session, provider, False)

    assert not stored(session, provider).is_active


@pytest.mark.parametrize(
    "end",
    [
        lambda session, provider: switch(session, provider, False),
        lambda session, provider: delete(session, OPERATOR, provider_id=provider.id, now=NOON),
    ],
    ids=["switched off", "deleted"],
)
def test_last_active_house_provider_cannot_be(end, session):
    provider = a_provider(session)
    a_provider(session, is_active=False)
    a_provider(session, partner_id=a_partner(session).id)
    session.commit()

    with pytest.raises(LastActive):
        end(session, provider)

    left = stored(session, provider)
    assert left.is_active
    assert left.deleted_at is None


def test_partner_may_switch_off_its_last_provider(session):
    provider = a_provider(session, partner_id=a_partner(session).id)
    session.commit()

    switch(session, provider, False)

    assert not stored(session, provider).is_active


def test_of_the_last_two_providers_switched_off_at_once_one_stays_on(engine, session):
    providers = [a_provider(session), a_provider(session)]
    session.commit()
    told = []

    def switch_off(provider):
        with session_for(engine) as own:
            try:
                switch(own, provider, False)
            except LastActive:
                told.append(provider.id)

    threads = [Thread(target=switch_off, args=(provider,)) for provider in providers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    session.expire_all()
    active = [p.id for p in session.scalars(select(Provider)) if p.is_active]
    assert active == told
    assert len(told) == 1


def test_switching_to_what_it_is_changes_nothing(session):
    provider = a_provider(session)
    session.commit()

    switch(session, provider, True)

    assert session.scalars(select(AuditEvent)).all() == []
    assert stored(session, provider).version == 1


def test_deleted_provider_keeps_its_row_without_its_secret(session, vault):
    a_provider(session)
    provider = a_provider(session, vault=vault, password="a-secret", username="kim")
    session.commit()

    delete(session, OPERATOR, provider_id=provider.id, now=NOON)

    left = stored(session, provider)
    assert (left.deleted_at, left.is_active, left.secret, left.secret_key_id) == (
        NOON,
        False,
        None,
        "",
    )
    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.before["name"]) == ("provider.deleted", left.name)
    assert session.scalars(select(ProviderList)).one().version == 2


def test_deleted_provider_is_not_there_any_more(session):
    provider = a_provider(session, deleted_at=NOON)
    session.commit()

    with pytest.raises(NotFound):
        switch(session, provider, True)


def test_support_may_neither_switch_nor_delete(session):
    provider = a_provider(session)
    session.commit()

    with pytest.raises(NotAllowed):
        set_active(session, SUPPORT, provider_id=provider.id, is_active=False, now=NOON)
    with pytest.raises(NotAllowed):
        delete(session, SUPPORT, provider_id=provider.id, now=NOON)
