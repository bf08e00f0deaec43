"""Sending a mail once more from its page."""

import re

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Role
from panel.domain.resend import ResendObstacle
from panel.storage.models import Message
from panel.web.mail_resends import OBSTACLES
from tests.factories.mail import a_delivery, a_message
from tests.factories.people import a_partner, a_user


@pytest.fixture
def support(session, sign_in):
    return sign_in(a_user(session, Role.SUPPORT))


def a_sent_mail(session, **fields):
    delivery = a_delivery(
        session, a_message(session, **fields), state=DeliveryState.SENT, next_attempt_at=None
    )
    session.commit()
    return delivery


def form(client, delivery) -> dict[str, str]:
    page = client.get(f"/messages/{delivery.message_id}").text
    assert "lena@contoso.test" in page
    (number,) = re.findall(r'name="number" value="(\d+)"', page)
    return {"delivery": str(delivery.id), "number": number}


def mails(session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Message))


def test_a_double_click_makes_one_mail_and_both_pages_link_each_other(session, support):
    delivery = a_sent_mail(session)
    path, sent = f"/messages/{delivery.message_id}/resends", form(support, delivery)

    first, second = (support.post(path, data=sent) for _ in range(2))

    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert mails(session) == 2
    assert delivery.message_id in support.get(first.location).text
    assert first.location in support.get(f"/messages/{delivery.message_id}").text


def test_page_warns_of_a_second_copy(session, support):
    page = support.get(f"/messages/{a_sent_mail(session).message_id}").text

    assert "a second copy can arrive" in page


def test_refusal_says_why(session, support):
    delivery = a_sent_mail(session)
    sent = form(support, delivery)
    session.get_one(Message, delivery.message_id).content_digest = None
    session.commit()

    answer = support.post(
        f"/messages/{delivery.message_id}/resends", data=sent, follow_redirects=True
    )

    assert "its content has been removed" in answer.text
    assert mails(session) == 1


def test_mail_that_waits_is_not_offered(session, support):
    delivery = a_delivery(session)
    session.commit()

    assert "/resends" not in support.get(f"/messages/{delivery.message_id}").text


@pytest.mark.parametrize("field", ["delivery", "number"])
def test_what_no_page_sends_is_not_there(session, support, field):
    delivery = a_sent_mail(session)
    sent = form(support, delivery) | {field: "x"}

    assert support.post(f"/messages/{delivery.message_id}/resends", data=sent).status_code == 404


def test_partner_admins_cannot_reach_the_mail_of_others(session, sign_in):
    partner = a_partner(session)
    client = sign_in(a_user(session, Role.PARTNER_ADMIN, partner_id=partner.id))
    others, own = a_sent_mail(session), a_sent_mail(session, partner_id=partner.id)

    sent = {"delivery": str(others.id), "number": "1"}
    assert client.post(f"/messages/{others.message_id}/resends", data=sent).status_code == 404
    answer = client.post(f"/messages/{own.message_id}/resends", data=form(client, own))
    assert answer.status_code == 303


def test_each_obstacle_has_words():
    assert set(OBSTACLES) == set(ResendObstacle)
