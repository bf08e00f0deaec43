"""The start page."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState
from panel.domain.permission import COMMAND_LINE, Role
from panel.domain.provider import ServiceType
from panel.services.audit import record
from panel.storage.models import ProviderHealth
from panel.storage.queue.minutes import Sums, add
from panel.web.clock import now
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner, an_application
from tests.factories.providers import a_provider
from tests.storage.queue.test_readings import a_reading

DAY = timedelta(days=1)
HX = {"HX-Request": "true"}
PLOT = re.compile(r'data-plot="([^"]*)"')


def test_new_installation_gets_its_first_steps(sign_in):
    page = sign_in().get("/").text

    assert "First steps" in page
    assert "postroom application add" in page


def test_first_steps_are_for_those_who_can_take_them(sign_in):
    assert "First steps" not in sign_in(Role.SUPPORT).get("/").text


def test_finished_installation_shows_figures_only(session, sign_in):
    a_provider(session)
    a_provider(session, service_type=ServiceType.FALLBACK)
    an_application(session)
    an_attempt(session, a_delivery(session, state=DeliveryState.HELD, rule="no_provider"))

    page = sign_in().get("/").text

    assert "First steps" not in page
    assert "Waiting longest:" in page


def test_chain_marks_the_provider_in_use_and_the_one_put_aside(session, sign_in):
    broken = a_provider(session, name="ses")
    a_provider(session, name="mailgun-eu")
    a_provider(session, name="spare", is_active=False)
    session.add(
        ProviderHealth(
            provider_id=broken.id,
            state=BreakerState.DISABLED,
            opened_at=NOON,
            rule="login_refused",
            said="535 no",
        )
    )

    _, _, page = sign_in().get("/").text.partition("Chain of the house")

    for state in ("Put aside", ">In use<", "Not in use"):
        assert page.count(state) == 1
    assert page.index("Put aside") < page.index("mailgun-eu") < page.index(">In use<")


def test_chain_tells_share_and_time_of_the_last_hour(session, sign_in):
    add(session, a_provider(session).id, {now(): Sums(sent=3, sending_ms=900)})
    add(session, a_provider(session).id, {now(): Sums(sent=1, sending_ms=80)})

    page = sign_in(Role.SUPPORT).get("/").text

    assert "75% of the last hour · 300 ms" in page
    assert "25% of the last hour · 80 ms" in page


def test_figures_are_compared_with_the_day_before(session, sign_in):
    provider = a_provider(session).id
    add(session, provider, {now(): Sums(sent=1500), now() - DAY: Sums(sent=1000)})
    a_reading(session, now() - DAY, waiting=4)
    a_delivery(session)

    page = sign_in().get("/").text

    assert "a day before: 1,000 (+\u206050%)" in page
    assert "a day before: 4 (−\u206075%)" in page
    assert "Failed: given up for good" in page


def test_figure_that_nobody_counted_the_day_before_says_so(sign_in):
    assert sign_in().get("/").text.count("a day before: not counted") == 2


def test_traffic_is_told_in_numbers_for_the_plot_and_in_a_table(session, sign_in):
    partner = a_partner(session).id
    add(session, a_provider(session, name='s<e"s').id, {now(): Sums(sent=1234, failed=7)})
    add(session, a_provider(session, name="its", partner_id=partner).id, {now(): Sums(sent=2)})

    page = sign_in().get("/").text

    numbers = json.loads(unescape(PLOT.findall(page)[0]))
    assert [sum(sent) for sent in numbers["sent"]] == [1234, 2]
    assert (sum(numbers["failed"]), numbers["step"], len(numbers["failed"])) == (7, 900, 96)
    assert "s&lt;e&#34;s</span> <strong>1,234</strong>" in page
    assert 'data-label="Servers of partners" class="number">2</td>' in page


def test_day_without_mail_says_so(sign_in):
    page = sign_in().get("/").text

    assert "No mail in the last 24 hours." in page
    assert "data-plot" not in page


def test_live_parts_leave_each_other_alone(session, sign_in):
    add(session, a_provider(session).id, {now(): Sums(sent=7)})
    browser = sign_in()

    figures, traffic = (browser.get(path, headers=HX).text for path in ("/", "/traffic"))

    assert "data-plot" not in figures
    assert (
        '<section id="traffic" aria-labelledby="traffic-title" hx-morph-skip-children>' in figures
    )
    assert "data-plot" in traffic
    assert "Waiting" not in traffic


def test_plot_alone_is_no_page(sign_in):
    assert sign_in().get("/traffic").location == "/"


def test_changes_are_for_those_who_see_the_audit(session, sign_in):
    provider = a_provider(session, name="ses")
    subject = f"provider:{provider.id}"
    record(session, COMMAND_LINE, action="provider.changed", subject=subject, now=NOON)

    page = sign_in().get("/").text

    assert "<strong>Provider changed</strong>" in page
    assert f'<a href="/providers/{provider.id}">Provider ses</a>' in page
    assert "Changed lately" not in sign_in(Role.SUPPORT).get("/").text


def test_live_part_brings_the_warnings_along(session, sign_in):
    a_provider(session, verified=False)

    fragment = sign_in().get("/", headers=HX).text

    assert "<html" not in fragment
    assert "No worker is running." in fragment
    assert "Never tested: provider-1." in fragment


def test_warning_names_only_as_many_providers_as_one_reads(session, sign_in):
    for number in range(8):
        a_provider(session, name=f"relay-{number}", verified=False)

    page = sign_in().get("/").text

    shown = ", ".join(f"relay-{number}" for number in range(5))
    assert f"Never tested: {shown} and 3 more." in page


@pytest.mark.parametrize("headers", [{}, HX])
def test_partner_admin_is_led_to_the_queue(sign_in, headers):
    answer = sign_in(Role.PARTNER_ADMIN).get("/", headers=headers)

    assert (answer.status_code, answer.location) == (303, "/queue")


def test_signed_out_visitor_is_led_to_sign_in(client):
    assert client.get("/").location == "/sign-in"
