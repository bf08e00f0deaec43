"""How a provider does, in the words of its row and above the list."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.provider import ServiceType
from panel.storage.models import ProviderHealth
from panel.storage.queue.budgets import take_budget
from panel.storage.queue.minutes import Sums, add
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def at():
    return datetime.now(UTC)


@pytest.fixture
def page(session, sign_in):
    """The list as an operator sees it, with spaces where lines end."""

    def page(**headers):
        session.commit()
        return " ".join(sign_in().get("/providers", headers=headers).text.split())

    return page


def knows(session, provider, **fields):
    state = {"state": BreakerState.CLOSED}
    session.add(ProviderHealth(provider_id=provider.id, **(state | fields)))


def test_last_hour_is_drawn_and_told(session, page, at):
    provider = a_provider(session)
    add(session, provider.id, {at - MINUTE: Sums(sent=1200, refused=3, sending_ms=102_000)})
    add(session, provider.id, {at - 20 * MINUTE: Sums(failed=12)})

    text = page()

    assert 'aria-label="Last hour: 1,200 sent, 3 refused, 12 failed"' in text
    assert re.search(r'class="hour-sound" d="M\d+ 0h5v20h-5z"', text)
    assert re.search(r'class="hour-failed" d="M\d+ 18h5v2h-5z"', text)
    assert "1,200 sent · 85 ms" in text


def test_hour_without_mail_is_said(session, page):
    a_provider(session)

    assert 'aria-label="No mail in the last hour"' in page()


def test_pause_tells_why_and_when_it_is_tried_again(session, page, at):
    knows(
        session, a_provider(session), state=BreakerState.OPEN, failures=1, opened_at=at,
        retry_at=at + MINUTE, rule="unreachable", said="Connection refused",
    )  # fmt: skip

    text = page()

    assert "Pausing" in text
    assert "The server could not be reached" in text
    assert "<code>Connection refused</code>" in text
    assert f'Tried again <time datetime="{at + MINUTE:%Y-%m-%dT%H:%M:%SZ}"' in text


def test_limit_that_is_used_up_tells_when_more_is_free(session, page, at):
    provider = a_provider(session, per_day=100, per_hour=2000)
    take_budget(session, provider.id, provider.limits, 100, now=at)

    text = page()

    assert "Limit reached" in text
    assert "100 of 2,000 an hour<" in text
    midnight = (at + DAY).strftime("%Y-%m-%dT00:00:00Z")
    assert f'100 of 100 a day · free again <time datetime="{midnight}"' in text


@pytest.mark.parametrize(
    ("rule", "in_row", "above"),
    [
        ("", "daily test passed", ""),
        ("unreachable", "Daily test failed", "Did not pass the daily test: relay."),
    ],
)
def test_daily_test_is_told(rule, in_row, above, session, page, at):
    provider = a_provider(session, name="relay")
    knows(session, provider, retested_at=at, retest_rule=rule, retest_said="Connection refused")

    text = page()

    assert in_row in text
    assert above in text
    assert ("Standing warnings" in text) == bool(above)


def test_certificate_that_ends_soon_is_told_in_the_row_and_above(session, page, at):
    ends = {"certificate_of": "127.0.0.1:2599", "certificate_ends_at": at + 12 * DAY}
    knows(session, a_provider(session, name="relay"), **ends)

    text = page()

    assert "certificate ends <time" in text
    assert "Certificate ends soon: relay." in text


def test_refresh_brings_the_warnings_of_the_page_along(session, page, at):
    down = a_provider(session, name="ses")
    a_provider(session, service_type=ServiceType.FALLBACK)
    knows(session, down, state=BreakerState.OPEN, failures=1, opened_at=at, rule="login_refused")

    text = page(**HX)

    partial = text[text.index('<hx-partial hx-target="#banners"') :]
    assert "Running on fallback" in partial
    assert 'id="banners"' not in text
