"""The strips that warn on every page."""

from datetime import UTC, datetime

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.permission import Role
from panel.domain.provider import ServiceType
from panel.services.house import Danger
from panel.storage.models import ProviderHealth, Worker
from panel.web.banners import BANNERS
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider


@pytest.fixture
def worker(session):
    """A worker that is alive."""
    now = datetime.now(UTC)
    session.add(Worker(id="w", host="here", pid=1, started_at=now, seen_at=now))


def warnings(page: str) -> list[Danger]:
    """The dangers that a page warns of, in its order."""
    titles = {str(banner.title): danger for danger, banner in BANNERS.items()}
    found = {page.index(title): danger for title, danger in titles.items() if title in page}
    return [found[place] for place in sorted(found)]


def is_down(session, provider, state=BreakerState.OPEN) -> None:
    session.add(ProviderHealth(provider_id=provider.id, state=state, opened_at=NOON))


@pytest.fixture
def seen(app, sign_in):
    """The warnings on the page that a role sees."""

    def seen(role=Role.SUPPORT) -> list[Danger]:
        page = sign_in(role).get("/queue").text
        with app.test_request_context():
            return warnings(page)

    return seen


def test_empty_house_lacks_worker_and_provider(seen):
    assert seen() == [Danger.NO_WORKER, Danger.NO_ACTIVE_PROVIDER]


def test_healthy_house_has_no_warning(session, worker, seen):
    a_provider(session)
    a_provider(session, service_type=ServiceType.FALLBACK)

    assert seen() == []


def test_only_active_providers_of_the_house_count(session, worker, seen):
    a_provider(session, is_active=False)
    a_provider(session, deleted_at=NOON)
    a_provider(session, partner_id=a_partner(session).id)

    assert seen() == [Danger.NO_ACTIVE_PROVIDER]


def test_house_without_fallback_is_warned(session, worker, seen):
    a_provider(session)

    assert seen() == [Danger.NO_FALLBACK]


@pytest.mark.parametrize("state", [BreakerState.OPEN, BreakerState.DISABLED])
def test_primary_that_cannot_take_mail_is_named_with_the_time(
    session, worker, seen, sign_in, state
):
    is_down(session, a_provider(session, name="ses"), state)
    a_provider(session, service_type=ServiceType.FALLBACK)

    assert seen() == [Danger.ON_FALLBACK]
    assert "ses, since 2026-03-02 12:00 UTC." in sign_in().get("/queue").text


def test_fallback_at_rest_behind_a_healthy_primary_is_no_warning(session, worker, seen):
    a_provider(session)
    is_down(session, a_provider(session, service_type=ServiceType.FALLBACK))

    assert seen() == []


def test_house_with_all_providers_down_is_told_that_mail_waits(session, worker, seen):
    is_down(session, a_provider(session))
    is_down(session, a_provider(session, service_type=ServiceType.FALLBACK))

    assert seen() == [Danger.NO_USABLE_PROVIDER]


def test_partner_admin_is_told_nothing_of_the_house(seen):
    assert seen(Role.PARTNER_ADMIN) == []


def test_link_leads_only_where_the_reader_may_go(sign_in):
    assert 'href="/providers">Mail Providers' in sign_in(Role.OPERATOR).get("/queue").text
    assert "/providers" not in sign_in(Role.SUPPORT).get("/queue").text
