"""Deciding about one mail on its page, by htmx and without."""

import json
import re
from typing import Any

import pytest

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.permission import EVERYTHING, Role
from panel.domain.ruling import Choice, Obstacle
from panel.storage.models import AuditEvent, Delivery, Ruling
from panel.storage.queue.rulings import Seen, Wish, carry_out
from panel.web.decisions import DONE, HINTS, LABELS, OBSTACLES, as_text, from_text
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner, a_user
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}
SEEN = re.compile(r'name="seen" value="([^"]+)"')
OFFERED = re.compile(r'name="choice" value="([^"]+)"')


@pytest.fixture
def provider(session):
    return a_provider(session, name="mailgun-eu")


@pytest.fixture
def doubtful(session, provider):
    """A mail whose answer was lost, left to people."""
    lost = {"rule": "answer_lost", "next_attempt_at": None, "provider_id": provider.id}
    delivery = a_delivery(session, state=DeliveryState.UNCONFIRMED, **lost)
    session.commit()
    return delivery


def path(delivery) -> str:
    return f"/messages/{delivery.message_id}"


def form(client, delivery, choice: str, **fields: str) -> dict[str, str]:
    """What the form of the page sends for a choice."""
    page = client.get(f"{path(delivery)}?delivery={delivery.id}").text
    seen = SEEN.search(page)
    assert seen, page
    sent = {"delivery": str(delivery.id), "seen": seen[1], "choice": choice}
    return sent | fields


def send(client, delivery, fields, **values):
    return client.post(f"{path(delivery)}/decisions", data=fields, **values)


def now_in(session, delivery) -> DeliveryState:
    session.rollback()
    session.expire_all()
    state = session.get_one(Delivery, delivery.id).state
    session.rollback()
    return state


@pytest.mark.parametrize(
    ("choice", "state", "line"),
    [
        ("send_again", DeliveryState.QUEUED, "To be sent again, as a second copy"),
        ("count_as_sent", DeliveryState.SENT, "Counted as sent"),
        ("give_up", DeliveryState.FAILED, "Given up"),
    ],
)
def test_decision_is_carried_out_and_stands_in_story_and_audit(
    session, sign_in, doubtful, choice, state, line
):
    ada = a_user(session, Role.SUPPORT, email="ada@house.test")
    client = sign_in(ada)
    fields = form(client, doubtful, choice, note="The customer has it\r\nalready")

    answer = send(client, doubtful, fields)

    assert answer.status_code == 303
    assert answer.location == f"{path(doubtful)}?delivery={doubtful.id}"
    assert now_in(session, doubtful) is state
    page = " ".join(client.get(answer.location).text.split())
    assert f"<strong>{line}</strong> <bdi>by ada@house.test</bdi>." in page
    assert "The customer has it already" in page
    event = session.query(AuditEvent).filter(AuditEvent.action.startswith("queue.")).one()
    assert (event.actor, event.subject) == ("ada@house.test", f"delivery:{doubtful.id}")
    assert event.before == {"state": "unconfirmed"}
    assert event.after == {"message": doubtful.message_id, "note": "The customer has it already"}


def test_page_says_what_each_decision_leads_to(sign_in, doubtful):
    page = sign_in().get(path(doubtful)).text

    assert OFFERED.findall(page) == ["send_again", "count_as_sent", "give_up"]
    assert "goes to mailgun-eu, which may have sent it already." in page
    assert "The recipient may get it twice." in page
    assert "It cannot be cancelled any more: it may have arrived already." in page


def test_page_says_when_a_copy_would_go_elsewhere(session, sign_in, provider, doubtful):
    provider.is_active = False
    session.commit()

    assert "another one carries a" in sign_in().get(path(doubtful)).text


def test_page_says_that_a_copy_goes_anywhere_when_nobody_knows_who_may_have_it(session, sign_in):
    delivery = a_delivery(session, state=DeliveryState.UNCONFIRMED, next_attempt_at=None)
    session.commit()

    assert "goes to the first provider that can take it." in sign_in().get(path(delivery)).text


def test_htmx_gets_the_fresh_mail_and_a_toast(sign_in, doubtful):
    client = sign_in()

    answer = send(client, doubtful, form(client, doubtful, "give_up"), headers=HX)

    assert answer.status_code == 200
    assert answer.text.startswith('<div id="mail"')
    assert json.loads(answer.headers["HX-Trigger"])["toast"]["text"] == "Given up."


@pytest.mark.parametrize("headers", [{}, HX])
def test_second_of_two_people_is_told_who_was_quicker(session, sign_in, doubtful, headers):
    ada, bob = sign_in(a_user(session, email="ada@house.test")), sign_in(Role.SUPPORT)
    late = form(bob, doubtful, "send_again")
    send(ada, doubtful, form(ada, doubtful, "count_as_sent"))

    answer = send(bob, doubtful, late, headers=headers)

    assert answer.status_code == 409
    told = answer.headers["HX-Trigger"] if headers else answer.text
    assert "Somebody was quicker: Counted as sent by ada@house.test. Nothing was changed." in told
    assert now_in(session, doubtful) is DeliveryState.SENT
    assert session.query(Ruling).count() == 1


def test_person_is_told_when_a_worker_was_quicker(session, sign_in):
    delivery = a_delivery(session)
    session.commit()
    client = sign_in()
    late = form(client, delivery, "cancel")
    delivery.state = DeliveryState.SENDING
    session.commit()

    answer = send(client, delivery, late)

    assert answer.status_code == 409
    assert "The mail has moved on meanwhile: Sending. Nothing was changed." in answer.text


def test_mail_that_came_back_to_the_same_state_is_another_case(session, sign_in, doubtful):
    client = sign_in()
    late = form(client, doubtful, "send_again")
    an_attempt(session, doubtful, rule="answer_lost", is_copy=True)
    session.commit()

    assert send(client, doubtful, late).status_code == 409
    assert now_in(session, doubtful) is DeliveryState.UNCONFIRMED


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.FAILED])
def test_what_a_provider_took_is_not_sent_again_and_it_says_why(session, sign_in, state):
    delivery = a_delivery(session, state=state, ended_at=NOON)
    an_attempt(session, delivery, status=AttemptStatus.SUCCESS)
    session.commit()
    client = sign_in()
    fields = {
        "delivery": str(delivery.id),
        "seen": as_text(Seen(state, 1)),
        "choice": "send_again",
    }

    answer = send(client, delivery, fields)

    assert answer.status_code == 409
    assert "A provider took it, so it is never sent again" in answer.text
    assert now_in(session, delivery) is state


def test_mail_of_several_recipients_is_decided_one_by_one(session, sign_in, doubtful):
    message = a_message(session)
    one, other = (a_delivery(session, message, state=DeliveryState.FAILED) for _ in range(2))
    session.commit()
    client = sign_in()
    elsewhere = form(client, one, "send_again") | {"delivery": str(doubtful.id)}

    assert send(client, one, elsewhere).status_code == 404
    send(client, other, form(client, other, "send_again"))

    assert now_in(session, one) is DeliveryState.FAILED
    assert now_in(session, other) is DeliveryState.QUEUED


@pytest.mark.parametrize("choice", ["", "explode"])
def test_nothing_chosen_is_said(session, sign_in, doubtful, choice):
    client = sign_in()

    answer = send(client, doubtful, form(client, doubtful, choice))

    assert answer.status_code == 422
    assert "Nothing is chosen." in answer.text
    assert now_in(session, doubtful) is DeliveryState.UNCONFIRMED


@pytest.mark.parametrize(
    "fields",
    [
        {"seen": ""},
        {"seen": "sent"},
        {"seen": "nowhere-1-0"},
        {"seen": "sent-x-0"},
        {"delivery": "x"},
    ],
)
def test_form_that_no_page_made_is_not_there(sign_in, doubtful, fields):
    client = sign_in()

    answer = send(client, doubtful, form(client, doubtful, "give_up") | fields)

    assert answer.status_code == 404


def test_partner_admin_decides_about_its_own_mail_only(session, sign_in, doubtful):
    partner = a_partner(session)
    lost = {"state": DeliveryState.UNCONFIRMED, "next_attempt_at": None}
    mine = a_delivery(session, a_message(session, partner_id=partner.id), **lost)
    session.commit()
    client, house = sign_in(Role.PARTNER_ADMIN, partner_id=partner.id), sign_in()

    assert send(client, doubtful, form(house, doubtful, "give_up")).status_code == 404
    assert send(client, mine, form(client, mine, "give_up")).status_code == 303
    assert now_in(session, doubtful) is DeliveryState.UNCONFIRMED
    assert now_in(session, mine) is DeliveryState.FAILED


def test_partner_is_told_neither_who_of_the_house_decided_nor_the_words(session, sign_in):
    partner = a_partner(session)
    mine = a_delivery(session, a_message(session, partner_id=partner.id))
    wish = Wish(Choice.HOLD, "ada@house.test", NOON, note="They owe us money")
    carry_out(session, EVERYTHING, wish, ids=[mine.id])
    session.commit()

    page = sign_in(Role.PARTNER_ADMIN, partner_id=partner.id).get(path(mine)).text

    assert "by the house" in page
    assert "ada@house.test" not in page
    assert "They owe us money" not in page


def test_hostile_words_are_shown_as_text(sign_in, doubtful):
    client = sign_in()
    fields = form(client, doubtful, "give_up", note="<script>x</script>\u202e")

    send(client, doubtful, fields)

    page = client.get(path(doubtful)).text
    assert "<script>x" not in page
    assert "&lt;script&gt;x&lt;/script&gt;⟨U+202E⟩" in page


def test_rule_of_the_stream_is_named_as_the_one_who_decided(session, sign_in, doubtful):
    carry_out(session, EVERYTHING, Wish(Choice.COUNT_AS_SENT, "", NOON), ids=[doubtful.id])
    session.commit()

    page = sign_in().get(path(doubtful)).text

    assert "by the sending rules for this kind of mail" in page
    assert "Counts as sent" in page


def test_refused_copy_does_not_hide_that_the_first_may_have_arrived(session, sign_in):
    refused: dict[str, Any] = {"rule": "recipient_unknown", "ended_at": NOON}
    delivery = a_delivery(session, state=DeliveryState.FAILED, copies=1, **refused)
    session.commit()

    assert "the first may have arrived" in sign_in().get(path(delivery)).text


def test_every_word_has_its_text():
    assert set(LABELS) == set(HINTS) == set(DONE) == set(Choice)
    assert set(OBSTACLES) == set(Obstacle)


def test_how_a_mail_was_seen_survives_the_form():
    seen = Seen(DeliveryState.UNCONFIRMED, 3, 17)

    assert from_text(as_text(seen)) == seen
