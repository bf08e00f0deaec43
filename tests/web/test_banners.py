"""The strips that warn on every page."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.permission import Role
from panel.domain.provider import ServiceType
from panel.services.house import Danger
from panel.storage.models import ProviderHealth, Worker
from panel.storage.queue.minutes import Sums, add
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


def is_down(session, provider, state=BreakerState.OPEN, *, opened_at=NOON) -> None:
    opened = {"opened_at": opened_at, "rule": "login_refused"}
    session.add(ProviderHealth(provider_id=provider.id, state=state, **opened))


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
    page = sign_in().get("/queue").text
    assert re.search(r"since <time[^>]*>2026-03-02 12:00 UTC</time>\.", page)
    why = "ses: The server refused the login: user name or password is wrong."
    assert f"{why} The fallbacks carry its mail." in page


def test_mails_that_went_through_fallbacks_instead_are_counted(session, worker, sign_in):
    since = datetime.now(UTC) - timedelta(minutes=5)
    is_down(session, a_provider(session, name="ses"), opened_at=since)
    spares = [
        a_provider(session, name=name, service_type=ServiceType.FALLBACK)
        for name in ("house relay", "last resort", "idle")
    ]
    for spare, sent in zip(spares, (1200, 34, 0), strict=True):
        add(session, spare.id, {since - timedelta(minutes=1): Sums(sent=7)})
        add(session, spare.id, {since + timedelta(minutes=1): Sums(sent=sent, failed=2)})

    page = sign_in().get("/queue").text

    assert "Running on fallback" in page
    assert "1,234 mails went through house relay, last resort instead." in page


def test_primary_whose_mail_other_primaries_carry_is_no_fallback(session, worker, seen):
    is_down(session, a_provider(session))
    a_provider(session)
    a_provider(session, service_type=ServiceType.FALLBACK)

    assert seen() == [Danger.PRIMARY_DOWN]


@pytest.mark.parametrize(
    ("overrides", "health", "expected"),
    [
        ({"verified": False}, {}, [Danger.NO_TESTED_FALLBACK]),
        ({"verified": False}, {"retested_at": NOON}, []),
        (
            {"verified": False},
            {"retested_at": NOON, "retest_rule": "unreachable"},
            [Danger.NO_TESTED_FALLBACK],
        ),
        ({"verified": True}, {}, []),
    ],
    ids=["never", "by itself", "in vain", "by a person"],
)
def test_house_whose_fallbacks_never_passed_a_test_is_warned(
    overrides, health, expected, session, worker, seen
):
    a_provider(session)
    spare = a_provider(session, service_type=ServiceType.FALLBACK, **overrides)
    session.add(ProviderHealth(provider_id=spare.id, state=BreakerState.CLOSED, **health))

    assert seen() == expected


def test_fallback_that_has_carried_mail_needs_no_test(session, worker, seen):
    a_provider(session)
    spare = a_provider(session, service_type=ServiceType.FALLBACK, verified=False)
    add(session, spare.id, {datetime.now(UTC): Sums(sent=1)})

    assert seen() == []


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


def test_a_partners_server_that_was_put_aside_is_told_to_operators_and_to_that_partner(
    session, worker, sign_in, app
):
    for service_type in ServiceType:
        a_provider(session, service_type=service_type)
    acme, other = a_partner(session), a_partner(session)
    is_down(
        session, a_provider(session, name="Acme SMTP", partner_id=acme.id), BreakerState.DISABLED
    )
    session.commit()

    pages = {
        "operator": sign_in(Role.OPERATOR).get("/queue").text,
        "support": sign_in(Role.SUPPORT).get("/queue").text,
        "own": sign_in(Role.PARTNER_ADMIN, partner_id=acme.id).get("/queue").text,
        "other": sign_in(Role.PARTNER_ADMIN, partner_id=other.id).get("/queue").text,
    }

    with app.test_request_context():
        told = {name: warnings(page) for name, page in pages.items()}
    assert told == {
        "operator": [Danger.PARTNERS_SERVER],
        "support": [],
        "own": [Danger.OWN_SERVER],
        "other": [],
    }
    assert f'href="/partners/{acme.slug}/smtp"' in pages["own"]
    assert "Acme SMTP: The server refused the login" in pages["own"]
