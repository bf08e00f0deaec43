"""The chain that the Routes page shows is the one that the sender goes along."""

from datetime import timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.chain import Skip
from panel.domain.delivery import Stream
from panel.domain.permission import COMMAND_LINE, Role
from panel.domain.provider import ProviderType, ServiceType
from panel.services.refusals import Invalid, NotAllowed, NotFound
from panel.services.routes import RouteWish, partners, show_route
from panel.storage.models import ProviderHealth, ProviderUsage, RefusedSender
from tests.domain.test_permission import a_user as an_actor
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

HOUR = timedelta(hours=1)


@pytest.fixture
def route(session, vault):
    """Shows the route of a mail."""

    def route(**wish):
        session.flush()
        return show_route(session, COMMAND_LINE, wish=RouteWish(**wish), vault=vault, now=NOON)

    return route


def names(route):
    return [(step.position, step.name, step.skip) for step in route.steps]


def test_those_that_may_be_tried_are_numbered_and_the_others_say_why_not(session, route):
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK)
    a_provider(session, name="asleep", is_active=False)
    a_provider(session, name="main")

    assert names(route()) == [
        (None, "asleep", Skip.NOT_ACTIVE),
        (1, "main", None),
        (2, "spare", None),
    ]


def test_a_partners_own_come_first_and_its_switch_decides_about_the_house(session, route):
    own, alone = a_partner(session, slug="own"), a_partner(session, slug="alone")
    alone.may_use_house = False
    a_provider(session, name="house")
    a_provider(session, name="partners", partner_id=own.id)

    assert names(route(partner="own")) == [(1, "partners", None), (2, "house", None)]
    closed = route(partner="alone")
    assert names(closed) == [(None, "house", Skip.HOUSE_NOT_ALLOWED)]
    assert not closed.is_open
    assert not closed.partner.may_use_house


def test_a_kind_of_mail_has_a_chain_of_its_own(session, route):
    a_provider(session, name="crm", type=ProviderType.CRM_API_SMTP)
    a_provider(session, name="news", account_types=["campaigns"])

    assert [step.name for step in route(stream=Stream.CRM).usable] == ["crm"]
    assert [step.name for step in route(stream=Stream.CAMPAIGNS).usable] == ["news"]
    assert not route(stream=Stream.SYSTEM).is_open


def test_from_is_kept_where_the_provider_may_send_for_it_and_replaced_elsewhere(session, route):
    a_provider(session, from_email="a@one.test", domains=["xn--mnchen-3ya.test"])
    a_provider(session, from_email="b@two.test")

    kept, replaced = (step.sender for step in route(from_email="ann@münchen.test").steps)
    assert (kept.mailbox.email, kept.is_replaced) == ("ann@xn--mnchen-3ya.test", False)
    assert (replaced.mailbox.email, replaced.is_replaced) == ("b@two.test", True)


def test_a_resting_provider_tells_its_fault_and_when_it_is_tried_again(session, route):
    provider = a_provider(session)
    health = ProviderHealth(
        provider_id=provider.id,
        state=BreakerState.OPEN,
        failures=1,
        opened_at=NOON,
        retry_at=NOON + HOUR,
        rule="unreachable",
        said="Connection refused",
    )
    session.add(health)

    (step,) = route().steps
    assert (step.skip, step.breaker.retry_at) == (Skip.BREAKER_OPEN, NOON + HOUR)
    assert (step.breaker.rule, step.breaker.said) == ("unreachable", "Connection refused")
    health.retry_at = NOON
    (step,) = route().steps
    assert step.skip is None
    assert step.is_probe


def test_a_used_up_budget_tells_when_it_is_free(session, route):
    provider = a_provider(session, per_hour=3)
    usage = ProviderUsage(provider_id=provider.id, window_s=3600, started_at=NOON, used=3)
    session.add(usage)

    (step,) = route().steps
    assert (step.skip, step.free_at) == (Skip.BUDGET, NOON + HOUR)


def test_a_refused_sender_comes_with_the_providers_words(session, route):
    provider = a_provider(session, domains=["shop.test"])
    said = "553 5.7.1 Not owned by user"
    session.add(
        RefusedSender(provider_id=provider.id, sender="ann@shop.test", until=NOON + HOUR, said=said)
    )

    (step,) = route(from_email="ann@shop.test").steps
    assert step.skip is Skip.SENDER_REFUSED
    assert (step.refusal.said, step.refusal.until) == (said, NOON + HOUR)
    assert route(from_email="bob@shop.test").is_open


def test_what_is_no_address_is_refused_at_its_field(route):
    with pytest.raises(Invalid) as refusal:
        route(from_email="ann@", recipient="kim")

    assert set(refusal.value.errors) == {"from", "recipient"}


def test_a_partner_that_is_not_there_is_not_found(route):
    with pytest.raises(NotFound):
        route(partner="nobody")


def test_partners_are_offered_by_name(session):
    a_partner(session, slug="zulu")
    a_partner(session, slug="alpha")

    assert [partner.slug for partner in partners(session, COMMAND_LINE)] == ["alpha", "zulu"]


def test_support_sees_routes_and_a_partner_admin_does_not(session, vault):
    support, partner = an_actor(Role.SUPPORT), an_actor(Role.PARTNER_ADMIN, 7)

    assert show_route(session, support, wish=RouteWish(), vault=vault, now=NOON).steps == ()
    with pytest.raises(NotAllowed):
        show_route(session, partner, wish=RouteWish(), vault=vault, now=NOON)
    with pytest.raises(NotAllowed):
        partners(session, partner)
