"""What was marked and did not take place leaves no doubt and no trace, unless it is later news."""

from panel.domain.delivery import Phase
from panel.storage.queue.batch import Batch
from panel.storage.queue.withdrawal import Withdrawn, stand_back, withdraw
from tests.factories.mail import a_delivery
from tests.storage.queue.holding import TOKEN, ids, log_of, reached, row, take, write_batch


def a_marked_delivery(session) -> int:
    a_delivery(session)
    session.commit()
    (identifier,) = ids(take(session))
    assert write_batch(session, Batch(reached=[reached(identifier)]))
    session.commit()
    return identifier


def test_a_hand_over_that_did_not_take_place_is_forgotten(session):
    identifier = a_marked_delivery(session)

    withdraw(session, [Withdrawn(identifier, TOKEN, 1)])
    session.commit()

    assert log_of(session, identifier) == []
    assert row(session, identifier).phase is Phase.CLAIMED


def test_who_does_not_hold_the_delivery_changes_nothing(session):
    identifier = a_marked_delivery(session)

    withdraw(session, [Withdrawn(identifier, "of others", 1)])
    session.commit()

    assert len(log_of(session, identifier)) == 1
    assert row(session, identifier).phase is Phase.HANDING_OVER


def test_a_mail_that_moves_on_is_in_doubt_no_longer(session):
    identifier = a_marked_delivery(session)

    stand_back(session, [Withdrawn(identifier, TOKEN, 1)])
    session.commit()

    assert row(session, identifier).phase is Phase.CLAIMED
    assert len(log_of(session, identifier)) == 1, "The try itself stays in the log."


def test_the_mark_of_a_later_try_is_left_alone(session):
    identifier = a_marked_delivery(session)
    assert write_batch(session, Batch(reached=[reached(identifier, number=2, provider_id=6)]))

    stand_back(session, [Withdrawn(identifier, TOKEN, 1)])
    session.commit()

    assert row(session, identifier).phase is Phase.HANDING_OVER
