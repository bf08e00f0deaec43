"""What the list tells of its providers, and of what somebody should look after."""

from datetime import timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.provider import ServiceType
from panel.services.provider_health import Concern, observe
from panel.services.refusals import NotAllowed
from panel.storage.models import ProviderHealth
from panel.storage.queue.budgets import take_budget
from panel.storage.queue.minutes import Sums, add
from tests.factories.crowds import a_crowd
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import OPERATOR, SUPPORT
from tests.factories.providers import a_provider
from tests.kit.plans import full_scans, plan_of

DAY = timedelta(days=1)


def knows(session, provider, **fields):
    state = BreakerState.CLOSED
    session.add(ProviderHealth(provider_id=provider.id, **({"state": state} | fields)))


def worries(session):
    """Each concern and the providers that it names."""
    return {item.concern: item.names for item in observe(session, OPERATOR, now=NOON)[1]}


def test_sound_list_worries_nobody(session):
    a_provider(session)
    a_provider(session, service_type=ServiceType.FALLBACK)

    assert worries(session) == {}


def test_list_without_an_active_primary_is_a_worry(session):
    a_provider(session, is_active=False)
    a_provider(session, service_type=ServiceType.FALLBACK)

    assert worries(session) == {Concern.NO_PRIMARY: ()}


@pytest.mark.parametrize(
    ("tested", "retest", "carried", "expected"),
    [
        (31 * DAY, None, False, {Concern.TEST_IS_OLD: ("relay",)}),
        (29 * DAY, None, False, {}),
        (31 * DAY, (DAY, ""), False, {}),
        (31 * DAY, None, True, {}),
        (None, None, False, {Concern.UNTESTED: ("relay",)}),
        (None, (DAY, ""), False, {}),
        (None, None, True, {}),
        (DAY, (DAY, "unreachable"), True, {Concern.RETEST_FAILED: ("relay",)}),
    ],
)
def test_provider_that_has_not_shown_for_long_that_it_works_is_a_worry(
    tested, retest, carried, expected, session
):
    provider = a_provider(session, name="relay", verified=tested is not None)
    provider.verified_at = NOON - tested if tested else None
    if retest:
        knows(session, provider, retested_at=NOON - retest[0], retest_rule=retest[1])
    if carried:
        add(session, provider.id, {NOON - 2 * DAY: Sums(sent=1)})

    assert worries(session) == expected


def test_provider_that_is_switched_off_is_no_worry(session):
    a_provider(session)
    provider = a_provider(session, verified=False, is_active=False)
    knows(session, provider, retested_at=NOON, retest_rule="unreachable")

    assert worries(session) == {}


@pytest.mark.parametrize(
    ("ends_in", "server", "is_soon"),
    [
        (20 * DAY, "127.0.0.1:2599", True),
        (-DAY, "127.0.0.1:2599", True),
        (22 * DAY, "127.0.0.1:2599", False),
        (20 * DAY, "former.house.test:25", False),
    ],
)
def test_certificate_that_ends_within_three_weeks_is_a_worry(ends_in, server, is_soon, session):
    provider = a_provider(session, name="relay")
    knows(session, provider, certificate_ends_at=NOON + ends_in, certificate_of=server)

    assert worries(session) == ({Concern.CERTIFICATE_ENDS: ("relay",)} if is_soon else {})


def test_limits_are_told_with_what_is_used_and_when_more_is_free(session):
    provider = a_provider(session, per_minute=5, per_day=100)
    take_budget(session, provider.id, provider.limits, 5, now=NOON)

    found = observe(session, OPERATOR, now=NOON)[0][provider.id].shares

    assert [(share.used, share.limit, share.is_used_up) for share in found] == [
        (5, 5, True),
        (5, 100, False),
    ]
    assert found[0].ends_at == NOON + timedelta(minutes=1)


def test_each_list_tells_of_its_own_providers(session):
    house = a_provider(session)
    partner = a_partner(session)
    theirs = a_provider(session, partner_id=partner.id)

    assert list(observe(session, OPERATOR, now=NOON)[0]) == [house.id]
    assert list(observe(session, OPERATOR, now=NOON, partner_id=partner.id)[0]) == [theirs.id]


def test_support_is_told_nothing(session):
    with pytest.raises(NotAllowed):
        observe(session, SUPPORT, now=NOON)


def test_log_of_attempts_is_not_read(session):
    a_provider(session)
    a_crowd(session, 2000)

    plan = plan_of(session, lambda: observe(session, OPERATOR, now=NOON))

    assert "attempts" not in plan
    assert full_scans(plan) == []
