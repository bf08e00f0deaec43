"""Mail comes in by one door: checked, given its final form, stored for each recipient once."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import InvalidSubmission, Submission
from panel.sending.submit import submit
from panel.storage.models import Content, Delivery, Message
from tests.factories.moments import NOON
from tests.factories.people import a_partner

HOUR = timedelta(hours=1)
MAIL = Submission(
    stream=Stream.CRM,
    to=(Mailbox("kim@contoso.test", "Kim"),),
    subject="Your order",
    source="api",
    text="It is on its way.",
)


def accept(session, submission=MAIL, now=NOON):
    accepted = submit(session, submission, now=now)
    session.commit()
    session.expire_all()
    return accepted


def recipients(session) -> list[str]:
    return list(session.scalars(select(Delivery.recipient).order_by(Delivery.id)))


def counts(session) -> list[int]:
    return [
        session.scalar(select(func.count()).select_from(table))
        for table in (Message, Delivery, Content)
    ]


def test_an_accepted_mail_is_queued_for_its_recipient(session):
    accepted = accept(session)

    (answer,) = accepted.deliveries
    delivery = session.get_one(Delivery, answer.id)
    assert (answer.recipient, answer.state) == ("kim@contoso.test", DeliveryState.QUEUED)
    assert delivery.state is DeliveryState.QUEUED
    assert (delivery.message_id, delivery.stream) == (accepted.message_id, Stream.CRM)
    assert delivery.flow == flow_id(Stream.CRM, None)
    assert (delivery.created_at, delivery.next_attempt_at) == (NOON, NOON)
    assert delivery.expires_at == NOON + timedelta(days=5)
    assert (delivery.attempts, delivery.retries, delivery.rescues, delivery.copies) == (0, 0, 0, 0)


def test_a_mail_gets_its_final_bytes_when_it_is_accepted(session):
    accepted = accept(session)

    message = session.get_one(Message, accepted.message_id)
    content = session.get_one(Content, message.content_digest)
    assert f"Message-ID: {message.rfc_message_id}\r\n".encode() in message.header
    assert b"Date: Mon, 02 Mar 2026 12:00:00 +0000\r\n" in message.header
    assert accepted.message_id in message.rfc_message_id
    assert message.size == len(message.header) + 2 + len(content.body)
    assert message.subject == "Your order"


def test_everybody_gets_one_delivery_and_blind_copies_are_not_in_the_header(session):
    mail = replace(MAIL, cc=(Mailbox("lou@contoso.test"),), bcc=(Mailbox("secret@contoso.test"),))

    accepted = accept(session, mail)

    assert recipients(session) == ["kim@contoso.test", "lou@contoso.test", "secret@contoso.test"]
    header = session.get_one(Message, accepted.message_id).header
    assert b"lou@contoso.test" in header
    assert b"secret" not in header


def test_a_repeated_address_gets_one_mail(session):
    mail = replace(
        MAIL,
        to=(Mailbox("kim@contoso.test"), Mailbox("kim@CONTOSO.test")),
        cc=(Mailbox("Kim@contoso.test"),),
        bcc=(Mailbox("kim@contoso.test"),),
    )

    accept(session, mail)

    # Only the domain is the same in either case (RFC 5321 section 2.4).
    assert recipients(session) == ["kim@contoso.test", "Kim@contoso.test"]


def test_a_mail_for_blind_copies_only_is_accepted(session):
    mail = replace(MAIL, to=(), bcc=(Mailbox("kim@contoso.test"),))

    accepted = accept(session, mail)

    assert recipients(session) == ["kim@contoso.test"]
    assert b"kim" not in session.get_one(Message, accepted.message_id).header


def test_a_mail_for_later_is_due_then_and_lives_five_days_from_then(session):
    accept(session, replace(MAIL, send_at=NOON + HOUR))

    delivery = session.scalars(select(Delivery)).one()
    assert delivery.next_attempt_at == NOON + HOUR
    assert delivery.expires_at == NOON + HOUR + timedelta(days=5)
    assert delivery.created_at == NOON


def test_a_moment_that_has_passed_means_now(session):
    accept(session, replace(MAIL, send_at=NOON - HOUR))

    assert session.scalars(select(Delivery)).one().next_attempt_at == NOON


def test_a_mail_that_is_soon_worthless_says_so(session):
    accept(session, replace(MAIL, expires_at=NOON + HOUR))

    assert session.scalars(select(Delivery)).one().expires_at == NOON + HOUR


def test_equal_bodies_are_kept_once(session):
    accept(session)
    accept(session, replace(MAIL, subject="Another"))
    accept(session, replace(MAIL, text="Something else."))

    assert counts(session) == [3, 3, 2]


def test_no_two_mails_share_an_identity(session):
    first, second = accept(session), accept(session)

    ids = session.scalars(select(Message.rfc_message_id)).all()
    assert first.message_id != second.message_id
    assert len(set(ids)) == 2


def test_who_submitted_what_for_whom_is_kept(session):
    partner = a_partner(session)
    session.commit()
    mail = replace(
        MAIL,
        partner_id=partner.id,
        sender=Mailbox("ann@shop.test", "Ann"),
        details={"order": 17},
    )

    accepted = accept(session, mail)

    message = session.get_one(Message, accepted.message_id)
    assert (message.partner_id, message.source) == (partner.id, "api")
    assert message.from_email == "ann@shop.test"
    assert message.details == {"order": 17}
    assert session.scalars(select(Delivery)).one().partner_id == partner.id


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": ()},
        {"to": (Mailbox("no address"),)},
        {"to": (Mailbox("kim@contoso.test"), Mailbox("lou@"))},
        {"bcc": (Mailbox("kim\r\nBcc: eve@evil.test"),)},
        {"subject": "Hello\r\nBcc: eve@evil.test"},
        {"subject": "null \x00"},
        {"subject": "x" * 1001},
        {"subject": "lone \ud800"},
        {"text": None},
        {"sender": Mailbox("ann@shop.test", "Ann\nBcc: eve@evil.test")},
        {"headers": (("X-One\r\nBcc", "eve@evil.test"),)},
        {"expires_at": NOON},
        {"send_at": NOON + HOUR, "expires_at": NOON + HOUR},
    ],
)
def test_of_a_mail_with_a_fault_nothing_is_stored(session, wrong):
    with pytest.raises(InvalidSubmission) as caught:
        submit(session, replace(MAIL, **wrong), now=NOON)
    session.commit()

    assert caught.value.errors
    assert counts(session) == [0, 0, 0]


def test_what_the_caller_takes_back_was_never_accepted(session):
    submit(session, MAIL, now=NOON)
    session.rollback()

    assert counts(session) == [0, 0, 0]
