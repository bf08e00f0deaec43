"""The Routes page: the chain in the address, each place and each skip in words."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.permission import Role
from panel.domain.provider import ServiceType
from panel.storage.models import ProviderHealth, ProviderUsage, RefusedSender
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Nothing here depends on the kind of database."""
HX = {"HX-Request": "true"}


def text_of(answer):
    """What a person reads on the page."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


@pytest.fixture
def now():
    """The present: pages work by the clock."""
    return datetime.now(UTC)


@pytest.fixture
def rest(session, now):
    """Lets a provider rest after a fault."""

    def rest(provider, state=BreakerState.OPEN, **overrides):
        values = {
            "failures": 1,
            "opened_at": now,
            "retry_at": now + timedelta(minutes=9) if state is BreakerState.OPEN else None,
            "rule": "login_refused",
            "said": "535 5.7.8 <no>",
        }
        session.add(ProviderHealth(provider_id=provider.id, state=state, **(values | overrides)))
        session.commit()

    return rest


def test_the_answer_comes_first_and_the_steps_below_it(sign_in, session):
    a_provider(session, name="relay one")
    a_provider(session, name="relay two", service_type=ServiceType.FALLBACK)
    session.commit()

    page = text_of(sign_in().get("/routes"))

    assert "This mail would go to relay one ." in page
    assert "it goes on to relay two ." in page
    assert page.index("would be tried first") < page.index("tried if relay one cannot take it")


def test_a_single_provider_is_warned_about(sign_in, session):
    a_provider(session, name="relay one")
    session.commit()

    page = sign_in().get("/routes")

    assert "Nobody stands behind it" in page.text
    assert "Failover drill for this mail" not in page.text


def test_without_providers_the_page_says_what_to_do(sign_in):
    page = sign_in().get("/routes")

    assert "There is no provider for this mail" in page.text
    assert 'href="/providers/new"' in page.text


def test_the_from_is_told_for_each_provider(sign_in, session):
    a_provider(session, domains=["shop.test"])
    a_provider(session, from_email="b@two.test", from_name="Two")
    session.commit()

    page = text_of(sign_in().get("/routes?from=ann@shop.test"))

    assert "ann@shop.test The From is kept." in page
    assert "Two &lt;b@two.test&gt; It may not send for this From: its own is used" in page
    assert "Reply-To ann@shop.test unless" in page
    assert "it gets the provider's own" in text_of(sign_in().get("/routes"))


def test_a_resting_provider_tells_fault_advice_and_next_trial(sign_in, session, rest):
    rest(a_provider(session, name="relay one"))

    page = text_of(sign_in().get("/routes"))

    assert "No provider can carry this mail now." in page
    assert "It rests after faults. The server refused the login" in page
    assert "535 5.7.8 &lt;no&gt;" in page
    assert "one mail tries it again by itself" in page
    assert "Next trial:" in page


def test_a_trial_that_is_on_its_way_is_told(sign_in, session, rest, now):
    provider = a_provider(session)
    rest(provider, retry_at=now, probe_until=now + timedelta(minutes=9))

    assert "Its next trial has begun" in sign_in().get("/routes").text


def test_a_provider_that_is_due_for_its_trial_would_get_this_mail(sign_in, session, rest, now):
    rest(a_provider(session), retry_at=now)

    page = sign_in().get("/routes").text
    assert "the next mail that comes to it tries it" in page
    assert "would be tried first" in page


def test_a_provider_that_was_put_aside_waits_for_a_person(sign_in, session, rest):
    rest(a_provider(session), BreakerState.DISABLED)

    page = text_of(sign_in().get("/routes"))
    assert "It was put aside after a fault that does not pass by itself." in page
    assert "a passed test brings it back" in page
    assert "Next trial:" not in page


def test_a_used_up_budget_tells_when_more_is_free(sign_in, session, now):
    provider = a_provider(session, per_day=1)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    usage = {"provider_id": provider.id, "window_s": 86400, "started_at": today, "used": 1}
    session.add(ProviderUsage(**usage))
    session.commit()

    page = sign_in().get("/routes").text
    assert "Its allowance is used up." in page
    assert f'datetime="{today + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"' in page


def test_a_refused_sender_is_told_in_the_providers_words(sign_in, session, now):
    provider = a_provider(session, domains=["shop.test"])
    refusal = {"sender": "ann@shop.test", "until": now + timedelta(hours=1), "said": "553 Not you"}
    session.add(RefusedSender(provider_id=provider.id, **refusal))
    session.commit()

    page = text_of(sign_in().get("/routes?from=ann@shop.test"))
    assert "It does not send for this From address. 553 Not you" in page
    assert "Asked again:" in page


def test_a_partner_whose_house_switch_is_off_is_told_so(sign_in, session):
    a_partner(session, slug="acme", may_use_house=False)
    a_provider(session)
    session.commit()

    page = text_of(sign_in().get("/routes?partner=acme"))
    assert "goes through its own providers only" in page
    assert "This partner's mail does not go through the house's providers." in page


def test_htmx_gets_the_chain_alone_and_the_address_to_show(sign_in, session):
    a_provider(session)
    session.commit()

    answer = sign_in().get("/routes?stream=crm&partner=&from=&recipient=kim@x.test", headers=HX)

    assert answer.text.lstrip().startswith('<div id="route"')
    assert answer.headers["HX-Replace-Url"] == "/routes?stream=crm&recipient=kim@x.test"


def test_what_is_no_address_is_marked_at_its_field(sign_in, session):
    a_provider(session)
    session.commit()
    browser = sign_in()

    page = browser.get("/routes?from=ann@")
    fragment = browser.get("/routes?from=ann@", headers=HX)

    assert page.status_code == fragment.status_code == 422
    assert 'value="ann@"' in page.text
    assert 'aria-invalid="true"' in page.text
    assert "This is no e-mail address." in page.text
    assert "From: This is no e-mail address." in text_of(fragment)


def test_an_address_with_unknown_words_is_read_as_far_as_it_makes_sense(sign_in, session):
    a_provider(session)
    session.commit()
    browser = sign_in()

    assert browser.get("/routes?stream=nonsense&more=1").status_code == 200
    assert browser.get("/routes?partner=nobody").status_code == 404


def test_support_sees_the_chain_without_the_ways_into_the_settings(sign_in, session):
    a_provider(session, name="relay one")
    a_provider(session, name="relay two")
    session.commit()

    page = sign_in(Role.SUPPORT).get("/routes").text

    assert "relay one" in page
    assert "/providers/" not in page
    assert "Failover drill for this mail" not in page


def test_the_side_bar_leads_there(sign_in):
    assert 'href="/routes"' in sign_in().get("/").text
    assert 'href="/routes"' not in sign_in(Role.PARTNER_ADMIN).get("/queue").text
