"""The list of providers: columns, order, switches and deletion, by plain forms and by htmx."""

import json
import re

import pytest
from sqlalchemy import select

from panel.domain.breaker import BreakerState
from panel.domain.delivery import DeliveryState
from panel.domain.permission import Role
from panel.domain.provider import ProviderType, ServiceType
from panel.storage.models import Provider, ProviderHealth
from tests.factories.mail import a_delivery
from tests.factories.people import a_partner
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}


@pytest.fixture
def operator(sign_in):
    return sign_in(Role.OPERATOR)


@pytest.fixture
def three(session):
    """Two primaries and a fallback."""
    kinds = (ServiceType.PRIMARY, ServiceType.PRIMARY, ServiceType.FALLBACK)
    providers = [a_provider(session, service_type=kind) for kind in kinds]
    session.commit()
    return [provider.id for provider in providers]


def shown(page):
    """Ids and divider in the order in which the page would send them."""
    found = re.findall(r'name="order" value="(\w+)" form="providers-order"', page)
    return [entry if entry == "divider" else int(entry) for entry in found]


def test_empty_list_says_what_to_do(operator):
    page = operator.get("/providers").text

    assert "No mail provider yet" in page
    assert 'href="/providers/catalogue"' in page


def test_list_shows_every_column(operator, session):
    a_provider(
        session, name="zeptomail", type=ProviderType.API_SMTP, host="smtp.zeptomail.test", port=587,
        username="emailapikey", from_email="billing@house.test", from_name="Billing",
        account_types=["system"],
    )  # fmt: skip
    session.commit()

    page = operator.get("/providers").text.replace("<wbr>", "")

    for text in (
        "zeptomail", "API SMTP", "ID 1", "smtp.zeptomail.test:587", "emailapikey",
        "billing@house.test", "Billing", "System", "Healthy", "factory@house.test",
    ):  # fmt: skip
        assert text in page, text


def test_providers_of_partners_and_deleted_ones_are_not_in_the_list(operator, session):
    a_provider(session, name="of-a-partner", partner_id=a_partner(session).id)
    a_provider(session, name="long-gone", deleted_at=a_partner(session).created_at)
    session.commit()

    page = operator.get("/providers").text

    assert "of-a-partner" not in page
    assert "long-gone" not in page


@pytest.mark.parametrize(
    ("state", "words"),
    [(BreakerState.OPEN, "Pausing"), (BreakerState.DISABLED, "Put aside")],
)
def test_health_says_what_happened(state, words, operator, session):
    provider = a_provider(session)
    said = "535 5.7.8 <b>bad</b> password"
    session.add(ProviderHealth(provider_id=provider.id, state=state, failures=2, said=said))
    session.commit()

    page = operator.get("/providers").text

    assert words in page
    assert "535 5.7.8 &lt;b&gt;bad&lt;/b&gt; password" in page


def test_unreadable_password_is_said_in_the_list(operator, session, vault):
    provider = a_provider(session, vault=vault, password="s3cret", username="kim")
    provider.secret = b"from another key ring, or torn"
    session.commit()

    assert "Password unreadable" in operator.get("/providers").text


def test_order_is_saved_by_htmx_with_undo(operator, three):
    first, second, spare = three
    wanted = {"order": [second, "divider", first, spare], "version": 1}

    answer = operator.post("/providers/order", data=wanted, headers=HX)

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="providers-list"')
    assert shown(answer.text) == [second, "divider", first, spare]
    toast = json.loads(answer.headers["HX-Trigger"])["toast"]
    assert toast["tone"] == "undo"
    assert toast["url"] == "/providers/order"
    undone = {
        "order": [value for name, value in toast["fields"] if name == "order"],
        "version": dict(toast["fields"])["version"],
    }
    back = operator.post("/providers/order", data=undone, headers=HX)
    assert shown(back.text) == [first, second, "divider", spare]


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ("down:0", [1, 0, "divider", 2]),
        ("down:1", [0, "divider", 1, 2]),
        ("up:2", [0, 1, 2, "divider"]),
        ("up:1", [1, 0, "divider", 2]),
        ("up:0", [0, 1, "divider", 2]),
    ],
)
def test_plain_form_moves_one_step(move, expected, operator, three):
    direction, _, index = move.partition(":")
    fields = {
        "order": [three[0], three[1], "divider", three[2]],
        "version": 1,
        "move": f"{direction}:{three[int(index)]}",
    }

    answer = operator.post("/providers/order", data=fields)

    assert (answer.status_code, answer.location) == (303, "/providers")
    page = operator.get("/providers").text
    assert shown(page) == [e if e == "divider" else three[e] for e in expected]


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_stale_order_gets_the_fresh_list(headers, operator, three):
    first, second, spare = three
    stale = {"order": [second, first, "divider", spare], "version": 0}

    answer = operator.post("/providers/order", data=stale, headers=headers)

    assert answer.status_code == 409
    assert shown(answer.text) == [first, second, "divider", spare]
    assert 'name="version" value="1"' in answer.text
    told = answer.headers["HX-Trigger"] if headers else answer.text
    assert "The list changed in the meantime" in told


def test_move_that_changes_nothing_offers_no_undo(operator, three):
    unchanged = {"order": [*three[:2], "divider", three[2]], "version": 1}

    answer = operator.post("/providers/order", data=unchanged, headers=HX)

    assert "HX-Trigger" not in answer.headers
    assert 'name="version" value="1"' in answer.text


def test_order_without_a_version_is_stale(operator, three):
    answer = operator.post("/providers/order", data={"order": [*three, "divider"]})

    assert answer.status_code == 409


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_switching_off_and_on(headers, operator, session, three):
    off = operator.post(f"/providers/{three[0]}/activation", data={"active": "0"}, headers=headers)
    was_on = "is-inactive" not in operator.get("/providers").text
    on = operator.post(f"/providers/{three[0]}/activation", data={"active": "1"}, headers=headers)

    assert [off.status_code, on.status_code] == [200 if headers else 303] * 2
    assert (was_on, session.get(Provider, three[0]).is_active) == (False, True)


def test_untested_provider_is_not_switched_on(operator, session):
    provider = a_provider(session, is_active=False, verified=False)
    session.commit()

    answer = operator.post(f"/providers/{provider.id}/activation", data={"active": "1"})

    assert answer.status_code == 409
    assert "Test the connection first" in answer.text
    overridden = operator.post(
        f"/providers/{provider.id}/activation",
        data={"active": "1", "override_reason": "No test possible at night."},
    )
    assert overridden.status_code == 303


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
@pytest.mark.parametrize("path", ["activation", "deletion"])
def test_last_active_provider_stays(path, headers, operator, session):
    provider = a_provider(session)
    session.commit()

    answer = operator.post(
        f"/providers/{provider.id}/{path}", data={"active": "0"}, headers=headers
    )

    assert answer.status_code == 409
    told = answer.headers["HX-Trigger"] if headers else answer.text
    assert "This is the last active provider" in told
    session.expire_all()
    left = session.get(Provider, provider.id)
    assert left.is_active
    assert left.deleted_at is None


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_deletion_takes_the_provider_from_the_list(headers, operator, session, three):
    answer = operator.post(f"/providers/{three[1]}/deletion", headers=headers)

    assert answer.status_code == (200 if headers else 303)
    assert shown(operator.get("/providers").text) == [three[0], "divider", three[2]]
    assert session.scalars(select(Provider).filter_by(id=three[1])).one().secret is None


@pytest.mark.parametrize("headers", [{}, HX], ids=["plain", "htmx"])
def test_question_before_deletion_says_what_becomes_of_waiting_mail(headers, operator, session):
    provider = a_provider(session, name="relay")
    a_delivery(session, state=DeliveryState.DEFERRED, provider_id=provider.id)
    a_delivery(session, state=DeliveryState.DEFERRED, provider_id=provider.id)
    a_delivery(session, state=DeliveryState.SENDING, provider_id=provider.id)
    session.commit()

    page = operator.get(f"/providers/{provider.id}/deletion", headers=headers).text

    assert "Delete relay?" in page
    assert "2 mails wait that it was tried for: they go on with the next provider." in page
    assert "1 mail is being sent by it right now" in page
    assert f'action="/providers/{provider.id}/deletion"' in page


def test_question_before_deletion_without_waiting_mail_says_so(operator, session, three):
    assert "No mail waits for it." in operator.get(f"/providers/{three[0]}/deletion").text
    assert operator.get("/providers/4711/deletion").status_code == 404


@pytest.mark.parametrize("path", ["activation", "deletion", "connection-tests"])
def test_provider_that_is_not_there_is_404(path, operator):
    assert operator.post(f"/providers/4711/{path}").status_code == 404
