"""The start page."""

import pytest

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState
from panel.domain.permission import Role
from panel.domain.provider import ServiceType
from panel.storage.models import ProviderHealth
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import an_application
from tests.factories.providers import a_provider


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

    page = sign_in().get("/").text

    for state in ("Put aside", "In use", "Not active"):
        assert page.count(state) == 1
    assert page.index("Put aside") < page.index("mailgun-eu") < page.index("In use")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_partner_admin_is_led_to_the_queue(sign_in, headers):
    answer = sign_in(Role.PARTNER_ADMIN).get("/", headers=headers)

    assert (answer.status_code, answer.location) == (303, "/queue")


def test_signed_out_visitor_is_led_to_sign_in(client):
    assert client.get("/").location == "/sign-in"
