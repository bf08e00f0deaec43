"""The page of what a mail says, and the frame that HTML is shut in."""

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.permission import Role
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner

HTML = b"<script>alert(1)</script><a href='https://elsewhere.test'>x</a>\r\n"


@pytest.fixture
def mail(session):
    header = b"Content-Type: text/html; charset=utf-8\r\nSubject: Hello\r\n"
    message = a_message(session, header=header, body=HTML, subject="Hello")
    a_delivery(session, message)
    session.commit()
    return message


def test_html_is_shut_in_by_its_own_answer(mail, sign_in):
    client = sign_in(may_read_bodies=True)

    page = client.get(f"/messages/{mail.id}/content")
    frame = client.get(f"/messages/{mail.id}/content/html")

    assert "<script>alert" not in page.text
    assert f'sandbox src="/messages/{mail.id}/content/html"' in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    assert frame.data == HTML
    policy = frame.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; img-src data:;")
    assert "script-src" not in policy
    assert frame.headers["Cache-Control"] == "no-store"


def test_text_is_shown_as_text(session, sign_in):
    message = a_message(session, body=b"<b>not bold</b>\r\n")
    a_delivery(session, message)

    page = sign_in(may_read_bodies=True).get(f"/messages/{message.id}/content").text

    assert "&lt;b&gt;not bold&lt;/b&gt;" in page
    assert "<iframe" not in page


@pytest.mark.parametrize("path", ["content", "content/html"])
def test_who_may_not_read_is_refused_and_offered_nothing(mail, sign_in, path):
    client = sign_in(Role.SUPPORT)

    assert client.get(f"/messages/{mail.id}/{path}").status_code == 403
    assert "/content" not in client.get(f"/messages/{mail.id}").text


def test_a_partner_reads_its_own_mail_and_no_other(session, mail, sign_in):
    partner = a_partner(session)
    own = a_message(session, partner_id=partner.id, body=b"Ours\r\n")
    a_delivery(session, own)
    client = sign_in(Role.PARTNER_ADMIN, partner_id=partner.id, may_read_bodies=True)

    assert "Ours" in client.get(f"/messages/{own.id}/content").text
    assert client.get(f"/messages/{mail.id}/content").status_code == 404


def test_a_mail_without_html_has_no_frame(session, sign_in):
    message = a_message(session)
    a_delivery(session, message)
    client = sign_in(may_read_bodies=True)

    assert client.get(f"/messages/{message.id}/content/html").status_code == 404


def test_text_for_a_ticket_says_what_to_do_next(session, sign_in):
    rule, said = "recipient_unknown", "550 5.1.1 No such user"
    failed = a_delivery(session, state=DeliveryState.FAILED, rule=rule, said=said, ended_at=NOON)
    session.commit()

    page = sign_in().get(f"/messages/{failed.message_id}").text

    text = page.split('id="ticket-text"')[1].split("</pre>")[0]
    assert "Reason: There is no such mailbox." in text
    assert "Next step: Check the address" in text


def test_the_story_can_be_copied_as_text(mail, sign_in):
    page = sign_in().get(f"/messages/{mail.id}").text

    text = page.split('id="ticket-text"')[1].split("</pre>")[0]
    assert "Subject: Hello" in text
    assert "To: lena@contoso.test" in text
    assert "2026-03-02 12:00:00.000 UTC Accepted" in text
