"""One mail, its recipients and their attempts."""

from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.domain.permission import EVERYTHING, Scope
from panel.storage.queries import messages
from tests.factories.crowds import a_crowd
from tests.factories.mail import a_delivery, a_message, an_attempt
from tests.factories.people import a_partner, an_application
from tests.factories.providers import a_provider
from tests.kit.plans import full_scans, plan_of


def test_mail_is_found_with_partner_and_application(session):
    partner = a_partner(session, slug="acme")
    application = an_application(session, name="shop")
    message = a_message(session, partner_id=partner.id, application_id=application.id)

    found = messages.find_mail(session, EVERYTHING, message.id)

    assert found is not None
    assert (found.partner_name, found.application_name) == ("Acme", "shop")
    assert (found.header, found.subject) == (message.header, "Your order")


def test_mail_outside_the_scope_is_not_there(session):
    ours, theirs = a_partner(session), a_partner(session)
    message = a_message(session, partner_id=theirs.id)

    scope = Scope(is_everything=False, partner_id=ours.id)

    assert messages.find_mail(session, scope, message.id) is None
    assert messages.find_mail(session, EVERYTHING, "unknown") is None


def test_recipients_are_listed_and_counted_by_state(session, monkeypatch):
    monkeypatch.setattr(messages, "LISTED_RECIPIENTS", 2)
    message = a_message(session)
    made = [a_delivery(session, message, recipient=f"r{n}@contoso.test").id for n in range(2)]
    third = a_delivery(session, message, state=DeliveryState.SENT)

    assert [one.id for one in messages.deliveries_of(session, message.id)] == made
    assert messages.states_of(session, message.id) == {
        DeliveryState.QUEUED: 2,
        DeliveryState.SENT: 1,
    }
    found = messages.find_delivery(session, message.id, third.id)
    assert found is not None
    assert found.id == third.id


def test_delivery_of_another_mail_is_not_there(session):
    message, other = a_message(session), a_delivery(session)

    assert messages.find_delivery(session, message.id, other.id) is None


def test_attempts_come_first_to_last_and_the_last_ones_of_many(session, monkeypatch):
    monkeypatch.setattr(messages, "LISTED_ATTEMPTS", 3)
    provider = a_provider(session, partner_id=a_partner(session).id)
    delivery = a_delivery(session)
    for _ in range(4):
        an_attempt(session, delivery)
    an_attempt(session, delivery, provider_id=provider.id, status=AttemptStatus.SUCCESS)

    found = messages.attempts_of(session, delivery.id)

    assert [one.number for one in found] == [3, 4, 5]
    assert found[-1].provider_partner_id == provider.partner_id
    assert found[-1].duration_ms == 120


def test_mail_is_read_by_keys(session):
    a_crowd(session, 2000)
    (message,) = [a_message(session)]
    delivery = a_delivery(session, message)

    plan = plan_of(
        session,
        lambda: (
            messages.find_mail(session, EVERYTHING, message.id),
            messages.states_of(session, message.id),
            messages.deliveries_of(session, message.id),
            messages.find_delivery(session, message.id, delivery.id),
            messages.attempts_of(session, delivery.id),
        ),
    )

    assert full_scans(plan) == []
    assert plan.count("ix_deliveries_message_id") >= 2
    assert "ix_attempts_delivery" in plan
