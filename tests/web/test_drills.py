"""Failover drills on their pages: begun, followed, explained, and noted on the provider list."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.drill import DrillResult
from panel.domain.permission import Role
from panel.storage.models import Delivery, Drill
from tests.factories.drills import a_drill
from tests.factories.mail import an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner
from tests.factories.providers import a_provider
from tests.web.test_routes import HX, text_of

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Nothing here depends on the kind of database."""
LATER = NOON + timedelta(milliseconds=420)
FORM = {"stream": "system", "partner": "", "from": "", "recipient": "kim@house.test"}


@pytest.fixture
def pair(session):
    """Two active providers."""
    made = a_provider(session, name="relay one"), a_provider(session, name="relay two")
    session.commit()
    return made


@pytest.fixture
def drill(session, pair):
    """A drill that has begun."""
    made = a_drill(session, *pair)
    session.commit()
    return made


@pytest.fixture
def page(sign_in, drill):
    """What a person reads on the drill's page."""
    browser = sign_in()
    return lambda: text_of(browser.get(f"/routes/drills/{drill.id}"))


@pytest.fixture
def tried(session, drill, pair):
    """Notes an attempt, by default at the second provider."""

    def tried(status=AttemptStatus.SUCCESS, state=DeliveryState.SENT, at=1, **overrides):
        delivery = session.get_one(Delivery, drill.delivery_id)
        delivery.state = state
        values = {
            "provider_id": pair[at].id,
            "provider_name": pair[at].name,
            "status": status,
            "rule": "accepted",
            "said": "250 Taken as 4B7",
            "finished_at": LATER,
        }
        an_attempt(session, delivery, **(values | overrides))
        session.commit()

    return tried


def test_the_form_says_who_counts_as_down_and_who_should_bring_it(sign_in, pair):
    page = sign_in(email="deniz@house.test").get("/routes/drills")

    assert "Counts as down: relay one . Should bring it: relay two ." in text_of(page)
    assert 'value="deniz@house.test"' in page.text
    assert "No drill yet" in page.text


def test_the_plan_follows_the_choice(sign_in, session, pair):
    partner = a_partner(session, slug="acme")
    a_provider(session, name="own", partner_id=partner.id)
    session.commit()

    answer = sign_in().get("/routes/drills?partner=acme&recipient=kim@x.test", headers=HX)

    assert answer.text.lstrip().startswith('<div id="drill-plan"')
    assert "Counts as down: own . Should bring it: relay one ." in text_of(answer)


def test_a_drill_is_begun_and_leads_to_its_page(sign_in, session, pair):
    browser = sign_in()

    answer = browser.post("/routes/drills", data=FORM)

    drill = session.scalars(select(Drill)).one()
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/routes/drills/{drill.id}"
    assert drill.recipient == "kim@house.test"
    session.commit()
    answer = browser.post("/routes/drills", data=FORM, headers=HX)
    assert answer.headers["HX-Redirect"] == f"/routes/drills/{drill.id + 1}"


def test_a_wrong_address_is_marked_and_what_was_typed_stays(sign_in, pair):
    answer = sign_in().post("/routes/drills", data=FORM | {"recipient": "kim@"})

    assert answer.status_code == 422
    assert 'value="kim@"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_without_a_second_provider_the_page_says_what_to_do(sign_in, session, pair):
    pair[1].is_active = False
    session.commit()

    answer = sign_in().post("/routes/drills", data=FORM)

    assert answer.status_code == 409
    page = text_of(answer)
    assert "There is no second provider. Only relay one can carry this mail now" in page
    assert "Activate a fallback" in page
    assert session.scalars(select(Drill)).all() == []


def test_a_drill_that_waits_for_a_worker_says_so_and_is_looked_at_again(page):
    told = page()

    assert "No worker is running." in told
    assert "Handed in To lena@contoso.test." in told
    assert "Waiting for a worker" in told
    assert "Look again" in told


def test_a_drill_on_its_way_names_who_has_it(page, tried):
    tried(AttemptStatus.IN_PROGRESS, DeliveryState.SENDING)

    told = page()

    assert "Claimed by a worker" in told
    assert "Passed over relay one It counts as down for this mail only" in told
    assert "Handed to relay two" in told


def test_a_drill_that_has_passed_tells_the_time_and_the_reference(page, tried):
    tried()

    told = page()

    assert "The drill has passed. relay two took the mail 0.42 s after it was handed in." in told
    assert "relay two took it after 420 ms as 250 Taken as 4B7" in told
    assert "Look again" not in told


def test_a_failed_drill_tells_why_and_what_to_do(page, tried, session, drill):
    delivery = session.get_one(Delivery, drill.delivery_id)
    delivery.rule, delivery.said = "login_refused", "535 5.7.8 <no>"
    tried(AttemptStatus.FAIL, DeliveryState.DEFERRED, rule="login_refused", said="535 5.7.8 <no>")

    told = page()

    assert "The drill has failed. The server refused the login" in told
    assert "535 5.7.8 &lt;no&gt;" in told
    assert "Then test the connection." in told
    assert "Repeat the drill" in told


def test_a_drill_for_which_nobody_was_left_says_whom_to_activate(page, session, drill, pair):
    delivery = session.get_one(Delivery, drill.delivery_id)
    delivery.state, delivery.rule = DeliveryState.HELD, "no_route"
    delivery.route = [
        {"provider_id": pair[0].id, "name": "relay one", "skip": "drill"},
        {"provider_id": pair[1].id, "name": "relay two", "skip": "budget"},
        {"provider_id": 77, "name": "future", "skip": "of another version"},
    ]
    session.commit()

    told = page()

    assert "Every other provider was passed over" in told
    assert "Activate a fallback" in told
    assert "Passed over relay two its allowance is used up" in told
    assert "Passed over future unknown reason" in told


def test_a_drill_that_a_third_provider_saved_is_a_warning(page, tried):
    tried(AttemptStatus.FAIL, rule="unreachable", said="Connection refused")
    tried(provider_id=77, provider_name="relay three")

    told = page()

    assert "The mail arrived, but relay two did not stand in. relay three took the mail" in told
    assert "it is the next one when relay one fails" in told
    assert "relay two did not take it" in told


def test_what_a_worker_has_kept_is_final(page, session, drill, pair):
    drill.ended_at, drill.result, drill.rule = LATER, DrillResult.FAILED, "unreachable"
    session.delete(session.get_one(Delivery, drill.delivery_id))
    session.commit()

    told = page()

    assert "The drill has failed. The server could not be reached" in told
    assert "The whole story" not in told


def test_htmx_asks_again_until_the_drill_has_ended(sign_in, drill, tried):
    browser, path = sign_in(), f"/routes/drills/{drill.id}"
    assert 'hx-trigger="every 1s"' in browser.get(path, headers=HX).text

    tried()

    fragment = browser.get(path, headers=HX).text
    assert fragment.lstrip().startswith('<div id="drill"')
    assert "hx-trigger" not in fragment


def test_the_same_drill_can_be_repeated(sign_in, session, pair):
    partner = a_partner(session, slug="acme")
    values: dict[str, Any] = {
        "partner_id": partner.id,
        "from_email": "ann@shop.test",
        "rule": "accepted",
    }
    drill = a_drill(session, *pair, ended_at=LATER, result=DrillResult.PASSED, **values)
    session.commit()

    page = sign_in().get(f"/routes/drills/{drill.id}").text

    again = "/routes/drills?stream=system&amp;partner=acme&amp;from=ann@shop.test"
    assert f"{again}&amp;recipient=lena@contoso.test" in page


def test_the_provider_list_tells_how_the_last_drill_went(sign_in, session, pair):
    browser = sign_in()
    passed: dict[str, Any] = {"result": DrillResult.PASSED, "taken_by_provider_id": pair[1].id}
    first = a_drill(session, *pair, ended_at=NOON, **passed)
    session.commit()

    listed = browser.get("/providers").text
    assert "drill passed" in listed
    assert f'href="/routes/drills/{first.id}"' in listed
    assert 'href="/routes/drills"' in listed

    a_drill(session, *pair, ended_at=LATER, result=DrillResult.FAILED)
    session.commit()
    assert "drill failed" in browser.get("/providers").text


def test_a_drills_mail_is_told_as_one(sign_in, drill):
    page = text_of(sign_in().get(f"/messages/{drill.message_id}"))

    assert "Accepted as a failover drill" in page
    assert "skipped: treated as down for a failover drill" in page
    assert "relay two would be tried first" in page


def test_support_follows_drills_and_begins_none(sign_in, drill):
    browser = sign_in(Role.SUPPORT)

    assert "Start the drill" not in browser.get("/routes/drills").text
    assert browser.get(f"/routes/drills/{drill.id}").status_code == 200
    assert browser.post("/routes/drills", data=FORM).status_code == 403


def test_a_drill_that_is_not_there_is_not_found(sign_in):
    assert sign_in().get("/routes/drills/4711").status_code == 404
