"""Deciding in a real browser: about one mail, about many, by script and without; sending rules."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from panel.domain.delivery import DeliveryState, Stream
from panel.domain.permission import EVERYTHING
from panel.domain.ruling import Choice
from panel.storage.models import Delivery
from panel.storage.queries.policies import stream_policies
from panel.storage.queue.rulings import Wish, carry_out
from tests.factories.mail import a_delivery, an_attempt
from tests.factories.moments import NOON
from tests.factories.providers import a_provider
from tests.kit.browser import assert_accessible, assert_fits, in_every_look

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def doubtful(session):
    """A mail whose answer was lost, tried at a provider that is still there."""
    provider = a_provider(session, name="mailgun-eu")
    lost: dict[str, Any] = {"rule": "answer_lost", "said": "", "provider_id": provider.id}
    route = [{"provider_id": provider.id, "name": "mailgun-eu", "skip": None}]
    state: dict[str, Any] = {
        "state": DeliveryState.UNCONFIRMED,
        "next_attempt_at": None,
        "route": route,
    }
    delivery = a_delivery(session, **lost, **state)
    an_attempt(session, delivery, provider_name="mailgun-eu", handed_over_at=NOON, **lost)
    session.commit()
    return delivery.message_id, delivery.id


def state_of(session, mail) -> DeliveryState:
    session.rollback()
    session.expire_all()
    state = session.get_one(Delivery, mail[1]).state
    session.rollback()
    return state


@in_every_look
def test_decision_is_made_and_told_in_every_look(operator, site, session, doubtful):
    operator.goto(f"{site}/messages/{doubtful[0]}")
    expect(operator.get_by_text("goes to mailgun-eu, which may have sent it")).to_be_visible()
    assert_accessible(operator)
    assert_fits(operator)

    operator.get_by_label("Send again").check()
    operator.get_by_label("Why").fill("She asked for it by phone")
    operator.get_by_role("button", name="Decide").click()

    expect(operator.get_by_text("To be sent again, as a second copy", exact=True)).to_be_visible()
    expect(operator.get_by_text("She asked for it by phone")).to_be_visible()
    expect(operator.get_by_role("heading", name="If its turn came now")).to_be_visible()
    assert state_of(session, doubtful) is DeliveryState.QUEUED
    assert_accessible(operator)
    assert_fits(operator)


def test_refresh_keeps_what_is_being_written_until_the_mail_moves_on(
    operator, site, session, doubtful
):
    operator.goto(f"{site}/messages/{doubtful[0]}")
    operator.get_by_label("Give up").check()
    operator.get_by_label("Why").fill("It was")
    with operator.expect_response(re.compile(r"/messages/")):
        pass  # the next refresh comes by itself

    expect(operator.get_by_label("Give up")).to_be_checked()
    expect(operator.get_by_label("Why")).to_have_value("It was")
    carry_out(
        session, EVERYTHING, Wish(Choice.COUNT_AS_SENT, "ada@house.test", NOON), ids=[doubtful[1]]
    )
    session.commit()

    expect(operator.get_by_text("Counts as sent")).to_be_visible()
    expect(operator.get_by_label("Give up")).to_have_count(0)


def test_second_of_two_people_is_told_and_sees_how_it_stands(operator, site, session, doubtful):
    operator.goto(f"{site}/messages/{doubtful[0]}")
    operator.route(re.compile(r"/messages/\w+\?"), lambda refresh: refresh.fulfill(status=204))
    operator.get_by_label("Send again").check()
    wish = Wish(Choice.COUNT_AS_SENT, "ada@house.test", NOON)
    carry_out(session, EVERYTHING, wish, ids=[doubtful[1]])
    session.commit()
    operator.get_by_role("button", name="Decide").click()

    expect(operator.get_by_text("Somebody was quicker: Counted as sent by ada")).to_be_visible()
    expect(operator.get_by_text("Counts as sent")).to_be_visible()
    assert state_of(session, doubtful) is DeliveryState.SENT


def test_without_script_the_page_decides_as_a_plain_form(plain, site, session, doubtful):
    plain.goto(f"{site}/messages/{doubtful[0]}")
    plain.get_by_label("Count as sent").check()
    plain.get_by_role("button", name="Decide").click()

    expect(plain.locator("#mail").get_by_text("Counts as sent")).to_be_visible()
    assert state_of(session, doubtful) is DeliveryState.SENT


def test_many_are_decided_about_in_the_queue_with_one_question(operator, site, session, doubtful):
    a_delivery(session, recipient="other@contoso.test")
    session.commit()
    operator.goto(f"{site}/queue")
    operator.get_by_label("This page").check()

    operator.get_by_role("button", name="Decide…").click()
    question = operator.get_by_role("dialog", name="Decide about unconfirmed mail")
    expect(question).to_contain_text("2 selected")
    assert_accessible(operator)
    question.get_by_label("Give up").check()
    question.get_by_label("Why").fill("All of them called")
    question.get_by_role("button", name="Decide").click()

    expect(operator.get_by_text("1 mail is given up. 1 was left as it is")).to_be_visible()
    expect(question).to_be_hidden()
    assert state_of(session, doubtful) is DeliveryState.FAILED


@in_every_look
def test_sending_rules_are_changed_in_every_look(operator, site, session):
    operator.goto(f"{site}/settings")
    operator.get_by_role("link", name="Sending rules").click()
    expect(operator.get_by_role("heading", name="Sending rules")).to_be_visible()
    assert_accessible(operator)
    assert_fits(operator)
    crm = operator.get_by_role("region", name="CRM")

    crm.get_by_label("Minutes between the tries").fill("soon")
    operator.get_by_role("button", name="Save").click()
    expect(operator.get_by_role("alert")).to_contain_text("Enter 1 to 20 whole minutes")
    assert_accessible(operator)
    assert_fits(operator)
    crm.get_by_label("Minutes between the tries").fill("5, 10")
    crm.get_by_label("Send it again").check()
    operator.get_by_role("button", name="Save").click()

    expect(operator.get_by_text("The sending rules are saved.")).to_be_visible()
    policy = stream_policies(session)[Stream.CRM]
    assert [pause.total_seconds() for pause in policy.schedule] == [300, 600]
