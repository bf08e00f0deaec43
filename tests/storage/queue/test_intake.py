"""New messages come into the tables by few statements, in order, their bodies once."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import chain
from threading import Barrier

from sqlalchemy import event, func, select

from panel.domain.delivery import DeliveryState, Stream, flow_id
from panel.storage.database import session_for
from panel.storage.models import Content, Delivery, Message
from panel.storage.queue.intake import NewMessage, take_in
from tests.factories.moments import NOON

HOUR = timedelta(hours=1)


def a_mail(number: int, *recipients: str, body: bytes = b"Good day.\r\n") -> NewMessage:
    """A message ready to be stored; its id is made of its number."""
    return NewMessage(
        id=f"{number:026}",
        partner_id=None,
        application_id=7,
        source="api",
        stream=Stream.CRM,
        rfc_message_id=f"<{number}@contoso.test>",
        subject=f"Mail {number}",
        from_email="ann@shop.test",
        header=b"Subject: Hello\r\n",
        body=body,
        content_digest=hashlib.sha256(body).digest(),
        size=40,
        details={"order": number},
        recipients=recipients or ("kim@contoso.test",),
        created_at=NOON,
        due_at=NOON + HOUR,
        expires_at=NOON + 2 * HOUR,
    )


@contextmanager
def statements(engine) -> Iterator[list[str]]:
    """The statements that are executed meanwhile."""
    seen: list[str] = []

    def note(_connection, _cursor, statement, *_rest):
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


def test_rows_hold_what_was_given_and_begin_as_new_ones(session):
    mail = a_mail(1)

    ((delivery_id,),) = take_in(session.connection(), [mail], now=NOON)
    session.commit()

    message = session.get_one(Message, mail.id)
    for name in ("partner_id", "application_id", "source", "stream", "rfc_message_id", "subject"):
        assert getattr(message, name) == getattr(mail, name)
    assert (message.from_email, message.header) == (mail.from_email, mail.header)
    assert (message.size, message.details, message.created_at) == (40, {"order": 1}, NOON)
    assert session.get_one(Content, message.content_digest).body == mail.body
    delivery = session.get_one(Delivery, delivery_id)
    assert (delivery.message_id, delivery.recipient) == (mail.id, "kim@contoso.test")
    assert (delivery.stream, delivery.flow) == (Stream.CRM, flow_id(Stream.CRM, mail.partner_id))
    assert (delivery.created_at, delivery.next_attempt_at) == (NOON, NOON + HOUR)
    assert delivery.expires_at == NOON + 2 * HOUR


def test_new_delivery_is_like_one_that_the_model_makes(session):
    mail = a_mail(1)
    ((delivery_id,),) = take_in(session.connection(), [mail], now=NOON)
    given = ("message_id", "stream", "flow", "recipient", "created_at", "expires_at")
    made = session.get_one(Delivery, delivery_id)
    other = Delivery(
        state=DeliveryState.QUEUED,
        next_attempt_at=made.next_attempt_at,
        **{name: getattr(made, name) for name in given},
    )
    session.add(other)
    session.commit()
    session.expire_all()

    for column in set(Delivery.__table__.columns.keys()) - {"id"}:
        assert getattr(made, column) == getattr(other, column), column


def test_ids_come_in_the_order_of_the_recipients(session):
    names = [f"r{number}@contoso.test" for number in range(2500)]
    mails = [a_mail(1, *names[:2000]), a_mail(2, names[2000]), a_mail(3, *names[2001:])]

    ids = take_in(session.connection(), mails, now=NOON)
    session.commit()

    assert [len(group) for group in ids] == [2000, 1, 499]
    recipients = {row.id: row.recipient for row in session.scalars(select(Delivery))}
    assert [recipients[delivery_id] for delivery_id in chain(*ids)] == names


def test_number_of_statements_does_not_grow_with_the_mails(engine, session):
    mails = [a_mail(number, body=b"%d\r\n" % number) for number in range(1, 201)]

    session.connection()

    with statements(session.get_bind()) as few:
        take_in(session.connection(), mails[:2], now=NOON)
    with statements(session.get_bind()) as many:
        take_in(session.connection(), mails[2:], now=NOON)

    assert len(many) == len(few) <= 4


def test_equal_bodies_are_kept_once_within_and_between_batches(session):
    take_in(session.connection(), [a_mail(1), a_mail(2), a_mail(3, body=b"Other.\r\n")], now=NOON)
    take_in(session.connection(), [a_mail(4), a_mail(5, body=b"Third.\r\n")], now=NOON)
    session.commit()

    assert session.scalar(select(func.count()).select_from(Content)) == 3


def test_nothing_to_store_asks_nothing_of_the_database(engine, session):
    with statements(session.get_bind()) as seen:
        assert take_in(session.connection(), [], now=NOON) == []

    assert seen == []


def test_batches_with_the_same_bodies_in_other_orders_do_not_block_each_other(engine, session):
    mails = [a_mail(number, body=b"%d\r\n" % number) for number in range(200)]
    barrier = Barrier(4)

    def hand_in(writer: int) -> int:
        own = [replace(mail, id=f"{writer}{mail.id[1:]}") for mail in mails]
        with session_for(engine) as other:
            barrier.wait()
            ids = take_in(other.connection(), own[:: 1 if writer % 2 else -1], now=NOON)
            other.commit()
        return len(ids)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(hand_in, range(1, 5))) == [200] * 4
    assert session.scalar(select(func.count()).select_from(Message)) == 800
    assert session.scalar(select(func.count()).select_from(Content)) == 200
