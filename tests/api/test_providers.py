"""The list of providers by the API: order, state and health of the own list, and no secret."""

from datetime import timedelta

from panel.domain.breaker import BreakerState
from panel.domain.provider import ServiceType
from panel.storage.models import ProviderHealth
from tests.api.conftest import problem_of
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.provider_forms import SECRET
from tests.factories.providers import a_provider

PATH = "/api/v1/providers"


def read(api):
    return api.client.get(PATH, headers=api.headers)


def test_list_has_order_state_and_health(make_api, session, vault):
    login = {"vault": vault, "password": SECRET, "username": "a-token-that-is-secret"}
    a_provider(session, name="spare", service_type=ServiceType.FALLBACK, verified=False)
    first = a_provider(session, name="first", **login)
    session.add(
        ProviderHealth(
            provider_id=first.id,
            state=BreakerState.OPEN,
            failures=3,
            opened_at=NOON,
            retry_at=NOON + timedelta(minutes=1),
            rule="unreachable",
        )
    )
    session.commit()

    answer = read(make_api(rights=("providers_read",)))

    listed = answer.json["providers"]
    assert [(item["position"], item["name"]) for item in listed] == [(1, "first"), (2, "spare")]
    assert (listed[0]["health"], listed[0]["fault"]) == ("open", "unreachable")
    assert listed[0]["next_try_at"] == "2026-03-02T12:01:00Z"
    assert (listed[1]["verified_at"], listed[1]["fault"]) == (None, "")
    assert SECRET not in answer.text
    assert "a-token-that-is-secret" not in answer.text


def test_programs_of_a_partner_see_its_own_list_only(make_api, session):
    partner = a_partner(session, slug="acme")
    a_provider(session, name="of the house")
    a_provider(session, name="of acme", partner_id=partner.id)
    session.commit()

    acme = make_api(partner_slug="acme", rights=("providers_read",))
    house = make_api(rights=("providers_read",))

    assert [item["name"] for item in read(acme).json["providers"]] == ["of acme"]
    assert [item["name"] for item in read(house).json["providers"]] == ["of the house"]


def test_right_is_needed(api):
    problem_of(read(api), status=403)
