"""Tests of panel.sending.hands."""

from panel.sending.hands import Hands
from tests.factories.mail import a_delivery, a_message
from tests.storage.queue.holding import take


def test_deliveries_in_hand_are_counted(session):
    message = a_message(session)
    a_delivery(session, message), a_delivery(session, message, recipient="kim@contoso.test")
    session.commit()
    (claimed,) = take(session)
    hands = Hands()

    hands.take(claimed)
    assert hands.deliveries == 2

    assert (hands.leave(claimed), hands.deliveries) == (2, 0)


def test_a_body_takes_room_until_the_last_mail_with_it_has_left(session):
    for body in (b"The same.", b"The same.", b"Another."):
        a_delivery(session, a_message(session, body=body))
    session.commit()
    first, second, third = take(session)
    hands = Hands(most_loaded=20)

    for message in (first, second, third):
        hands.take(message)
    assert hands.room == 3
    hands.leave(first), hands.leave(third)
    assert hands.room == 11
    hands.leave(second)
    assert hands.room == 20


def test_a_mail_without_a_loaded_body_takes_no_room(session):
    a_delivery(session, a_message(session, content_digest=None))
    session.commit()
    (claimed,) = take(session)
    hands = Hands(most_loaded=20)

    hands.take(claimed)

    assert hands.room == 20
    hands.leave(claimed)
