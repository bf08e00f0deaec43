"""Sending a mail once more: a new mail, once, linked to the first, or the reason why not."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from panel.domain.delivery import DeliveryState
from panel.domain.permission import EVERYTHING, Actor, Permission, Role, Scope, user_actor
from panel.services.messages import show_mail
from panel.services.refusals import NotAllowed, NotFound
from panel.services.resends import NotToBeRepeated, ResendObstacle, resend, resends_of
from panel.storage.models import Application, AuditEvent, Content, Delivery, Message, Resend
from tests.factories.mail import a_delivery, a_message
from tests.factories.moments import NOON
from tests.factories.people import a_partner, an_application

SUPPORT = Actor("support@house.test", frozenset(Permission), EVERYTHING)
HEADER = (
    b"From: shop@house.test\r\nTo: kim@contoso.test\r\nSubject: Your order\r\n"
    b"Date: Mon, 01 Jan 2024 00:00:00 +0000\r\nMessage-ID: <OLD@house.test>\r\n"
)
LATER = NOON + timedelta(hours=2)


@pytest.fixture
def sent(session):
    """A mail that two recipients have got."""

    def sent(**message) -> Delivery:
        values = {"header": HEADER, "rfc_message_id": "<OLD@house.test>"} | message
        made = a_message(session, **values)
        first, _ = [
            a_delivery(
                session, made, recipient=name, state=DeliveryState.SENT, next_attempt_at=None
            )
            for name in ("kim@contoso.test", "lee@contoso.test")
        ]
        session.commit()
        return first

    return sent


def repeat(session, delivery, *, actor=SUPPORT, number=1) -> str:
    return resend(
        session,
        actor,
        message_id=delivery.message_id,
        delivery_id=delivery.id,
        number=number,
        now=LATER,
    )


def of(session, delivery, *, actor=SUPPORT):
    return resends_of(
        session, actor, message_id=delivery.message_id, delivery_id=delivery.id, now=LATER
    )


def obstacle(session, delivery) -> ResendObstacle | None:
    """What the page says and what who tries all the same is told."""
    shown = of(session, delivery).obstacle
    if shown is None:
        repeat(session, delivery)
        return None
    with pytest.raises(NotToBeRepeated) as refusal:
        repeat(session, delivery)
    assert refusal.value.obstacle is shown
    session.rollback()
    return shown


def test_new_mail_has_the_same_content_and_names_of_its_own(session, sent):
    delivery = sent()

    new_id = repeat(session, delivery)

    old, new = session.get_one(Message, delivery.message_id), session.get_one(Message, new_id)
    assert new.content_digest == old.content_digest
    assert (new.subject, new.stream, new.source) == (old.subject, old.stream, "resend")
    assert new.rfc_message_id == f"<{new_id}@house.test>"
    assert b"OLD" not in new.header
    assert new.header.count(b"Date:") == new.header.count(b"Message-ID:") == 1
    assert b"To: kim@contoso.test\r\n" in new.header
    (copy,) = session.scalars(select(Delivery).where(Delivery.message_id == new_id))
    assert (copy.recipient, copy.state) == ("kim@contoso.test", DeliveryState.QUEUED)
    assert copy.next_attempt_at == LATER


def test_both_mails_know_of_each_other_and_the_audit_of_it(session, sent):
    delivery = sent()

    new_id = repeat(session, delivery)

    assert [item.message_id for item in of(session, delivery).made] == [new_id]
    mail = show_mail(session, SUPPORT, message_id=new_id)
    back = resends_of(
        session, SUPPORT, message_id=new_id, delivery_id=mail.opened.id, now=LATER
    ).repeats
    assert back is not None
    assert (back.of_message_id, back.of_delivery_id) == (delivery.message_id, delivery.id)
    event = session.scalars(select(AuditEvent)).one()
    assert (event.action, event.actor) == ("message.resent", SUPPORT.name)
    assert event.after == {"message": new_id, "recipient": "kim@contoso.test"}


def test_asked_twice_it_is_sent_once_and_later_again(session, sent):
    delivery = sent()

    first = repeat(session, delivery)

    assert repeat(session, delivery) == first
    assert of(session, delivery).next_number == 2
    assert repeat(session, delivery, number=2) != first
    assert len(session.scalars(select(Resend)).all()) == 2


def test_a_number_that_nobody_was_shown_is_not_there(session, sent):
    with pytest.raises(NotFound):
        repeat(session, sent(), number=10**17)


@pytest.mark.parametrize(
    "state", [DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.HELD]
)
def test_what_still_waits_is_not_repeated(session, sent, state):
    delivery = sent()
    delivery.state = state
    session.commit()

    assert obstacle(session, delivery) is ResendObstacle.NOT_OVER


@pytest.mark.parametrize(
    "state", sorted({*DeliveryState} - {"queued", "deferred", "held", "sending"})
)
def test_whatever_is_over_or_in_doubt_can_be_repeated(session, sent, state):
    delivery = sent()
    delivery.state = state
    session.commit()

    assert obstacle(session, delivery) is None


@pytest.mark.parametrize("source", ["test", "drill"])
def test_test_mails_and_drills_are_made_anew_elsewhere(session, sent, source):
    assert obstacle(session, sent(source=source)) is ResendObstacle.OWN_MAIL


def test_mail_without_its_body_is_not_repeated(session, sent):
    delivery = sent()
    session.get_one(Message, delivery.message_id).content_digest = None
    session.execute(delete(Content))
    session.commit()

    assert obstacle(session, delivery) is ResendObstacle.NO_CONTENT


def test_code_that_has_run_out_is_not_repeated(session, sent):
    delivery = sent()
    delivery.expires_at = delivery.created_at + timedelta(minutes=10)
    session.commit()

    assert obstacle(session, delivery) is ResendObstacle.TOO_LATE


def test_mail_of_a_partner_that_is_switched_off_is_not_repeated(session, sent):
    partner = a_partner(session)
    delivery = sent(partner_id=partner.id)
    partner.is_enabled = False
    session.commit()

    assert obstacle(session, delivery) is ResendObstacle.PARTNER


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"streams": ["crm"]}, ResendObstacle.STREAM),
        ({"from_domains": ["else.test"]}, ResendObstacle.SENDER),
        ({"from_domains": [".house.test"]}, None),
        ({"revoked_at": NOON}, ResendObstacle.APPLICATION),
    ],
)
def test_bounds_of_the_application_hold_for_repeats(session, sent, changes, expected):
    application = an_application(session)
    delivery = sent(application_id=application.id, from_email="shop@house.test")
    row = session.get_one(Application, application.id)
    for name, value in changes.items():
        setattr(row, name, value)
    session.commit()

    assert obstacle(session, delivery) is expected


def a_partner_admin(partner_id: int) -> Actor:
    return user_actor(
        user_id=1,
        email="pat@partner.test",
        role=Role.PARTNER_ADMIN,
        partner_id=partner_id,
        session_id=1,
        language="en",
        address="",
        may_read_bodies=False,
    )


def test_partner_admins_repeat_their_own_mail_and_no_other(session, sent):
    partner = a_partner(session)
    actor = a_partner_admin(partner.id)
    own, others = sent(partner_id=partner.id), sent()

    assert session.get_one(Message, repeat(session, own, actor=actor)).partner_id == partner.id
    with pytest.raises(NotFound):
        repeat(session, others, actor=actor)


def test_partner_admins_are_not_told_who_of_the_house_it_was(session, sent):
    partner = a_partner(session)
    delivery = sent(partner_id=partner.id)
    repeat(session, delivery)

    (made,) = of(session, delivery, actor=a_partner_admin(partner.id)).made

    assert made.actor == ""


def test_who_may_only_look_repeats_nothing(session, sent):
    delivery = sent()
    onlooker = Actor(
        "eye@house.test", frozenset({Permission.SEE_MAILING_LOG}), Scope(is_everything=True)
    )

    assert not of(session, delivery, actor=onlooker).is_allowed
    with pytest.raises(NotAllowed):
        repeat(session, delivery, actor=onlooker)
