"""What is said before a provider is saved: verified lost, no primary, From replaced."""

from datetime import timedelta
from typing import Any

import pytest

from panel.domain.delivery import Stream
from panel.domain.provider import ProviderType, ServiceType
from panel.services.provider_warnings import Caution, warnings_for
from panel.services.refusals import NotAllowed
from tests.factories.mail import a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner, an_application
from tests.factories.provider_forms import (
    OPERATOR,
    SUPPORT,
    connection_values,
    provider_values,
    values_of,
)
from tests.factories.providers import a_provider

FALLBACK: dict[str, Any] = {"service_type": ServiceType.FALLBACK}


@pytest.fixture
def warned(session):
    """The cautions for entered values, after a primary was set up."""
    a_provider(session, name="first")

    def warned(values, provider=None):
        session.commit()
        found = warnings_for(
            session,
            OPERATOR,
            values=values,
            provider_id=provider.id if provider else None,
            now=NOON,
        )
        return {item.caution: item.domains for item in found}

    return warned


def test_new_primary_needs_no_warning(warned, session):
    a_message(session, from_email="kim@shop.test")

    assert warned(provider_values()) == {}


@pytest.mark.parametrize(
    "change",
    [
        {"connection": connection_values(port=2600)},
        {"connection": connection_values(username="kim", password="s3cret")},
    ],
)
def test_other_connection_of_an_active_house_provider_loses_its_verified(change, warned, session):
    provider = a_provider(session)

    assert warned(values_of(provider, **change), provider) == {Caution.VERIFIED_LOST: ()}


def test_name_spelled_otherwise_or_another_name_keeps_it(warned, session):
    provider = a_provider(session, host="relay.house.test")
    values = values_of(
        provider, name="other", connection=connection_values(host="RELAY.House.Test")
    )

    assert warned(values, provider) == {}


@pytest.mark.parametrize("is_of_partner", [True, False])
def test_provider_that_is_not_in_use_or_not_the_houses_loses_nothing(
    is_of_partner, warned, session
):
    owner = a_partner(session).id if is_of_partner else None
    provider = a_provider(session, partner_id=owner, is_active=is_of_partner)

    moved = values_of(provider, connection=connection_values(port=2600))

    assert Caution.VERIFIED_LOST not in warned(moved, provider)


def test_fallback_before_any_primary_is_warned_of(session):
    session.commit()

    found = warnings_for(
        session, OPERATOR, values=provider_values(**FALLBACK), provider_id=None, now=NOON
    )

    assert [item.caution for item in found] == [Caution.NO_PRIMARY]


def test_fallback_that_may_not_send_for_a_domain_in_use_is_warned_of(warned, session):
    a_message(session, from_email="kim@Shop.test", stream=Stream.CRM)
    a_message(session, from_email="post@house.test")
    an_application(session, streams=["system"], from_domains=["billing.test"])

    values = provider_values(**FALLBACK)

    assert warned(values) == {Caution.FROM_REPLACED: ("billing.test", "shop.test")}


@pytest.mark.parametrize(
    "overrides",
    [
        {"domains": ("shop.test",)},
        {"account_types": (Stream.SYSTEM,)},
        {"from_email": "any@shop.test"},
    ],
)
def test_domain_that_it_may_send_for_or_does_not_carry_is_no_worry(overrides, warned, session):
    a_message(session, from_email="kim@shop.test", stream=Stream.CRM)

    assert warned(provider_values(**FALLBACK | overrides)) == {}


def test_crm_provider_looks_at_crm_mail_only(warned, session):
    a_message(session, from_email="kim@shop.test", stream=Stream.SYSTEM)

    assert warned(provider_values(**FALLBACK, type=ProviderType.CRM_API_SMTP)) == {}


def test_old_mail_test_mail_and_mail_of_partners_do_not_count(warned, session):
    a_message(session, from_email="a@old.test", created_at=NOON - timedelta(days=31))
    a_message(session, from_email="b@try.test", source="test")
    a_message(session, from_email="c@guest.test", partner_id=a_partner(session).id)
    a_message(session, from_email="")

    assert warned(provider_values(**FALLBACK)) == {}


def test_support_is_told_nothing(session):
    with pytest.raises(NotAllowed):
        warnings_for(session, SUPPORT, values=provider_values(), provider_id=None, now=NOON)
