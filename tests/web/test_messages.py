"""The page of one mail."""

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.permission import Role
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.moments import NOON
from tests.factories.people import a_partner, an_application
from tests.factories.providers import a_provider

HX = {"HX-Request": "true"}


SENTENCES = {
    DeliveryState.QUEUED: "Waiting for its turn.",
    DeliveryState.SENDING: "Being sent at this moment.",
    DeliveryState.DEFERRED: "Not sent yet.",
    DeliveryState.HELD: "Held.",
    DeliveryState.UNCONFIRMED: "May have arrived.",
    DeliveryState.SENT: "Sent",
    DeliveryState.FAILED: "Not sent.",
    DeliveryState.EXPIRED: "Not sent in time.",
    DeliveryState.CANCELLED: "Cancelled",
    DeliveryState.DELIVERED: "Delivered.",
    DeliveryState.BOUNCED: "Bounced.",
    DeliveryState.COMPLAINED: "Reported as spam.",
}


def test_every_state_is_said_in_plain_words(session, sign_in):
    client = sign_in()

    assert set(SENTENCES) == set(DeliveryState)
    for state, sentence in SENTENCES.items():
        delivery = a_delivery(session, state=state, rule="greylisted", ended_at=NOON)
        session.commit()
        assert f"<strong>{sentence}</strong>" in client.get(f"/messages/{delivery.message_id}").text


def test_story_names_provider_answer_and_what_followed(session, sign_in):
    first, second = a_provider(session, name="ses"), a_provider(session, name="mailgun-eu")
    application = an_application(session, name="shop")
    message = a_message(session, application_id=application.id)
    delivery = a_delivery(session, message, state=DeliveryState.SENT, ended_at=NOON)
    refused = {"rule": "login_refused", "said": "535 5.7.8 Authentication Failed"}
    an_attempt(session, delivery, provider_id=first.id, provider_name="ses", **refused)
    an_attempt(
        session,
        delivery,
        provider_id=second.id,
        provider_name="mailgun-eu",
        status=AttemptStatus.SUCCESS,
        provider_reference="<1@mg.test>",
        said="250 Ok",
    )

    page = sign_in().get(f"/messages/{message.id}").text

    for text in (
        "from application shop",
        "Tried ses.",
        "535 5.7.8 Authentication Failed",
        "the mail moved on to the next one",
        "Nothing had been handed over.",
        "Tried mailgun-eu.",
        "&lt;1@mg.test&gt;",
        "by mailgun-eu",
    ):
        assert text in page


def test_each_recipient_has_a_story_of_its_own(session, sign_in):
    message = a_message(session)
    a_delivery(session, message, recipient="ada@contoso.test")
    bob = a_delivery(session, message, recipient="bob@contoso.test", state=DeliveryState.HELD)
    other = a_delivery(session)
    client = sign_in()

    page = client.get(f"/messages/{message.id}?delivery={bob.id}").text

    assert "ada@contoso.test" in page
    assert "<strong>Held.</strong>" in page
    assert client.get(f"/messages/{message.id}?delivery={other.id}").status_code == 404


def test_headers_are_shown_byte_by_byte_and_the_body_is_not(session, sign_in):
    header = b"Subject: <b>\xff\x1b[31m\r\n folded\r\n"
    message = a_message(session, header=header, body=b"the very secret body\r\n")
    a_delivery(session, message)

    page = sign_in().get(f"/messages/{message.id}").text

    assert "Subject: &lt;b&gt;\\xff⟨U+001B⟩[31m\n folded" in page
    assert "very secret" not in page


def test_page_refreshes_itself_until_the_mail_has_ended(session, sign_in):
    message = a_message(session)
    delivery = a_delivery(session, message)
    client = sign_in()

    assert "data-autorefresh" in client.get(f"/messages/{message.id}", headers=HX).text
    delivery.state, delivery.ended_at = DeliveryState.FAILED, NOON
    session.commit()
    assert "data-autorefresh" not in client.get(f"/messages/{message.id}", headers=HX).text


def test_mail_of_others_is_not_there(session, sign_in):
    ours, theirs = a_partner(session), a_partner(session)
    mine, other, house = (
        a_delivery(session, a_message(session, partner_id=id_)).message_id
        for id_ in (ours.id, theirs.id, None)
    )
    client = sign_in(Role.PARTNER_ADMIN, partner_id=ours.id)

    assert client.get(f"/messages/{mine}").status_code == 200
    for message_id in (other, house, "unknown"):
        assert client.get(f"/messages/{message_id}").status_code == 404


def test_partner_admin_learns_nothing_of_the_houses_providers(session, sign_in):
    partner = a_partner(session)
    own = a_provider(session, partner_id=partner.id, name="own-relay")
    house = a_provider(session, name="house-secret")
    links = [{"provider_id": one.id, "name": one.name, "skip": None} for one in (own, house)]
    delivery = a_delivery(
        session,
        a_message(session, partner_id=partner.id),
        state=DeliveryState.DEFERRED,
        provider_id=house.id,
        rule="login_refused",
        said="535 house-secret",
        route=links,
    )
    for one in (own, house):
        an_attempt(session, delivery, provider_id=one.id, provider_name=one.name, said=one.name)

    client = sign_in(Role.PARTNER_ADMIN, partner_id=partner.id)
    page = client.get(f"/messages/{delivery.message_id}").text

    assert "own-relay" in page
    assert "house-secret" not in page
