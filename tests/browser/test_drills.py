"""Routes and failover drills in a real browser, with a real worker and real servers."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from panel.domain.breaker import BreakerState
from panel.domain.provider import ServiceType
from panel.storage.models import Drill, Provider, ProviderHealth
from panel.storage.queue import leases
from tests.factories.drills import a_drill
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.kit.browser import assert_accessible, assert_fits, in_every_look
from tests.kit.patience import until
from tests.kit.workers import a_worker

HOSTILE = "<script>window.broken = 1</script>\u202e\x07<img src=x onerror='window.broken = 1'>"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def pair(session, make_smtp_server):
    """Two servers, and a primary and a fallback that lead to them."""
    servers = make_smtp_server(), make_smtp_server()
    kinds = (ServiceType.PRIMARY, ServiceType.FALLBACK)
    for server, kind in zip(servers, kinds, strict=True):
        name = {"primary": "relay one", "fallback": "relay two"}[kind.value]
        a_provider(session, port=server.port, name=name, service_type=kind)
    session.commit()
    return servers


@pytest.fixture
def worker(engine, vault, monkeypatch):
    """A worker that looks after the queue as a whole several times a second."""
    monkeypatch.setattr(leases, "RENEWAL_S", 0.2)
    with a_worker(engine, vault) as running:
        yield running


def is_ended(session) -> bool:
    """Whether a worker has ended the only drill; no transaction stays open."""
    session.rollback()
    found = session.query(Drill).filter(Drill.ended_at.is_not(None)).count()
    session.rollback()
    return found == 1


@pytest.mark.timeout(120)
def test_a_drill_is_followed_from_the_provider_list_to_its_arrival_at_the_second(
    operator, site, session, pair, worker
):
    first, second = pair
    second.delay("final", 3, times=1)
    operator.goto(f"{site}/providers")
    operator.get_by_role("link", name="Failover drill").click()
    expect(operator.get_by_text("Should bring it:")).to_contain_text("relay two")
    operator.get_by_label("Recipient").fill("kim@contoso.test")

    operator.get_by_role("button", name="Start the drill").click()

    drill = operator.locator("#drill")
    for text in ("Passed over relay one", "Handed to relay two", "The drill is going on."):
        expect(drill.get_by_text(text)).to_be_visible()
    expect(drill.get_by_text("The drill has passed.")).to_be_visible()
    expect(drill).to_contain_text(re.compile(r"relay two took the mail \d+\.\d\d s after"))
    expect(drill.get_by_text("relay two took it")).to_be_visible()
    expect(operator.locator("[data-autorefresh]")).to_have_count(0)
    (mail,) = second.mails
    assert mail.recipients == ("kim@contoso.test",)
    assert b"Subject: Postroom failover drill" in mail.content
    assert first.verbs == []

    until(lambda: is_ended(session))
    assert session.query(ProviderHealth).filter_by(state=BreakerState.OPEN).count() == 0
    session.rollback()
    operator.goto(f"{site}/providers")
    row = operator.locator("tr[data-name='relay two']")
    expect(row.get_by_role("link", name="drill passed")).to_be_visible()
    expect(operator.locator("tr[data-name='relay one']")).not_to_contain_text("drill")


@on_sqlite
def test_a_drill_whose_second_provider_is_dead_says_why_and_can_be_repeated(
    operator, site, session, pair, worker
):
    first, second = pair
    second.stop()
    operator.goto(f"{site}/routes/drills?recipient=kim@contoso.test")

    operator.get_by_role("button", name="Start the drill").click()

    drill = operator.locator("#drill")
    expect(drill.get_by_text("The drill has failed.")).to_be_visible()
    expect(drill.get_by_text("relay two did not take it")).to_be_visible()
    expect(drill.get_by_text("Check host and port").first).to_be_visible()
    until(lambda: is_ended(session))
    operator.goto(f"{site}/providers")
    expect(operator.get_by_role("link", name="drill failed")).to_be_visible()
    operator.get_by_role("link", name="drill failed").click()
    operator.get_by_role("link", name="Repeat the drill").click()
    expect(operator.get_by_label("Recipient")).to_have_value("kim@contoso.test")
    assert first.mails == []


@on_sqlite
def test_without_script_a_drill_is_begun_and_looked_at_again(plain, site, session, pair, worker):
    plain.goto(f"{site}/routes")
    plain.get_by_role("link", name="Failover drill for this mail").click()
    plain.get_by_label("Recipient").fill("kim@contoso.test")
    plain.get_by_role("button", name="Start the drill").click()

    until(lambda: is_ended(session))
    plain.reload()

    expect(plain.get_by_text("The drill has passed.")).to_be_visible()


@on_sqlite
def test_the_route_follows_what_is_chosen_and_typed_and_so_does_the_address(
    operator, site, session, pair
):
    partner = a_partner(session, slug="acme", may_use_house=False)
    a_provider(session, name="own", partner_id=partner.id, domains=["shop.test"])
    session.commit()
    operator.goto(f"{site}/routes")
    route = operator.locator("#route")
    expect(route.get_by_text("This mail would go to relay one.")).to_be_visible()

    operator.get_by_label("Partner").select_option("acme")
    expect(route.get_by_text("This mail would go to own.")).to_be_visible()
    operator.get_by_label("From").press_sequentially("ann@shop.test")
    expect(route.get_by_text("The From is kept.").first).to_be_visible()
    expect(operator.get_by_label("From")).to_be_focused()
    expect(operator).to_have_url(f"{site}/routes?stream=system&partner=acme&from=ann@shop.test")

    operator.reload()
    expect(operator.get_by_label("Partner")).to_have_value("acme")
    expect(route.get_by_text("The From is kept.").first).to_be_visible()
    operator.get_by_label("From").fill("ann@")
    expect(route.get_by_text("This is no e-mail address.")).to_be_visible()


@on_sqlite
def test_the_route_follows_what_happens_to_the_providers(operator, site, session, pair):
    operator.goto(f"{site}/routes")
    route = operator.locator("#route")
    expect(route.get_by_text("This mail would go to relay one.")).to_be_visible()

    down = ProviderHealth(provider_id=1, state=BreakerState.DISABLED, failures=1, said="535 No")
    session.add(down)
    session.commit()

    expect(route.get_by_text("This mail would go to relay two.")).to_be_visible()
    expect(route.get_by_text("535 No")).to_be_visible()


@on_sqlite
@in_every_look
def test_routes_and_drills_are_accessible_and_fit(operator, site, session, pair):
    first, second = session.query(Provider).order_by(Provider.id)
    second.is_active = False
    asleep = ProviderHealth(
        provider_id=first.id,
        state=BreakerState.OPEN,
        failures=1,
        opened_at=NOON,
        retry_at=datetime.now(UTC) + timedelta(hours=1),
        rule="login_refused",
        said=HOSTILE,
    )
    session.add(asleep)
    drill = a_drill(session, first, second).id
    session.commit()

    for path in (
        "/routes",
        "/routes?from=ann@",
        "/routes/drills",
        f"/routes/drills/{drill}",
        "/providers",
    ):
        operator.goto(site + path)

        expect(operator.locator("h1")).to_be_visible()
        assert_accessible(operator)
        assert_fits(operator)
        assert operator.evaluate("window.broken") is None
