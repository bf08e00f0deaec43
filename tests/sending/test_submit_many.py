"""Many mails by the same door: each with an outcome of its own."""

from dataclasses import replace

from sqlalchemy import func, select

from panel.domain.delivery import Stream
from panel.domain.sender_rule import Mailbox
from panel.domain.submission import Accepted, InvalidSubmission, Submission
from panel.sending.submit import submit_many
from panel.storage.models import Content, Delivery, Message
from tests.factories.moments import NOON

MAIL = Submission(
    stream=Stream.CRM,
    to=(Mailbox("kim@contoso.test"),),
    subject="Your order",
    source="api",
    text="It is on its way.",
)
WRONG = replace(MAIL, to=(Mailbox("nobody"),), text="Not for keeping.")


def counts(session) -> list[int]:
    return [
        session.scalar(select(func.count()).select_from(table))
        for table in (Message, Delivery, Content)
    ]


def test_outcomes_come_in_the_order_of_the_mails(session):
    mails = [replace(MAIL, subject=str(number)) for number in range(5)]

    outcomes = submit_many(session, [WRONG, *mails, WRONG], now=NOON)
    session.commit()

    first, *accepted, last = outcomes
    for outcome, mail in zip(accepted, mails, strict=True):
        assert isinstance(outcome, Accepted)
        assert session.get_one(Message, outcome.message_id).subject == mail.subject
        (delivery,) = outcome.deliveries
        assert session.get_one(Delivery, delivery.id).message_id == outcome.message_id
    for outcome in (first, last):
        assert isinstance(outcome, InvalidSubmission)
        assert [error.field for error in outcome.errors] == ["to.0.email"]


def test_nothing_of_a_refused_mail_is_stored(session):
    submit_many(session, [WRONG, MAIL, WRONG], now=NOON)
    session.commit()

    assert counts(session) == [1, 1, 1]


def test_refused_mails_alone_store_nothing(session):
    outcomes = submit_many(session, [WRONG, WRONG], now=NOON)
    session.commit()

    assert all(isinstance(outcome, InvalidSubmission) for outcome in outcomes)
    assert counts(session) == [0, 0, 0]


def test_no_mails_have_no_outcomes(session):
    assert submit_many(session, [], now=NOON) == []


def test_what_the_caller_takes_back_was_never_accepted(session):
    submit_many(session, [MAIL, MAIL], now=NOON)
    session.rollback()

    assert counts(session) == [0, 0, 0]
