"""An application reads back its own mails and nobody else's."""

import pytest

from panel.domain.delivery import DeliveryState
from panel.domain.permission import APPLICATION_PERMISSIONS, Actor, Scope
from panel.services.own_messages import STATUS_ORDER, find_message, message_status
from panel.services.refusals import NotAllowed, NotFound
from panel.storage.models import Application, Provider
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.people import a_partner, an_application
from tests.factories.providers import a_provider


def actor_of(application: Application) -> Actor:
    """The application after it has shown its token."""
    return Actor(
        name="application:shop",
        permissions=APPLICATION_PERMISSIONS,
        scope=Scope(is_everything=False, partner_id=application.partner_id),
        application_id=application.id,
    )


def a_mail_of(session, application: Application, provider: Provider):
    """A mail to two with an attempt for each."""
    message = a_message(session, application_id=application.id, partner_id=application.partner_id)
    for recipient in ("lena@contoso.test", "omar@contoso.test"):
        delivery = a_delivery(session, message, recipient=recipient)
        an_attempt(session, delivery, provider_id=provider.id, provider_name=provider.name)
    return message


def test_message_comes_with_its_deliveries_and_attempts(session):
    application = an_application(session)
    message = a_mail_of(session, application, a_provider(session, name="Relay"))

    shown = find_message(session, actor_of(application), message_id=message.id)

    assert shown.message.subject == "Your order"
    assert [item.delivery.recipient for item in shown.deliveries] == [
        "lena@contoso.test",
        "omar@contoso.test",
    ]
    (attempt,) = shown.deliveries[1].attempts
    assert attempt.provider_name == "Relay"
    assert attempt.reply_code == 451


def test_mails_of_others_are_not_there(session):
    application = an_application(session)
    foreign = an_application(session, partner_id=a_partner(session).id)
    provider = a_provider(session)
    for other in (an_application(session), foreign):
        message = a_mail_of(session, other, provider)
        with pytest.raises(NotFound):
            find_message(session, actor_of(application), message_id=message.id)


@pytest.mark.parametrize("message_id", ["", "x", "0" * 26, "0" * 25 + "\0", "é" * 26, "0" * 9999])
def test_what_is_no_id_is_not_there(session, message_id):
    with pytest.raises(NotFound):
        find_message(session, actor_of(an_application(session)), message_id=message_id)


def test_partners_application_is_not_told_about_the_providers_of_the_house(session):
    partner = a_partner(session)
    application = an_application(session, partner_id=partner.id)
    for owner, name in ((None, ""), (partner.id, "Own")):
        provider = a_provider(session, name=name or "House", partner_id=owner)
        message = a_mail_of(session, application, provider)
        shown = find_message(session, actor_of(application), message_id=message.id)
        (attempt,) = shown.deliveries[0].attempts
        assert attempt.provider_name == name
        assert attempt.rule == "greylisted"
        assert bool(attempt.said) == bool(name)
        assert (attempt.reply_code is not None) == bool(name)


def test_others_than_applications_may_not_read(session):
    nobody = Actor(name="x", permissions=frozenset(), scope=Scope(is_everything=True))

    with pytest.raises(NotAllowed):
        find_message(session, nobody, message_id="0" * 26)


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ("sent sent", "sent"),
        ("sent failed", "failed"),
        ("failed sending", "sending"),
        ("sent queued failed", "queued"),
        ("delivered sent", "sent"),
        ("unconfirmed failed", "unconfirmed"),
        ("", "cancelled"),
    ],
)
def test_status_of_a_message_sums_up_its_deliveries(states, status):
    assert message_status(map(DeliveryState, states.split())) is DeliveryState(status)


def test_every_state_has_its_place_in_the_status():
    assert set(STATUS_ORDER) == set(DeliveryState)
