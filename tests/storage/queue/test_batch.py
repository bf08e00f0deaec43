"""All that a worker has to write at one moment goes into one transaction, in the right order."""

from panel.domain.decision import Decision
from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.storage.queue.batch import Batch, write_batch
from panel.storage.queue.marks import Began, Ended, HandingOver, Returned, Settled
from tests.domain.outcomes import ACCEPTED
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.storage.queue.holding import TOKEN, ids, log_of, row, take

SENT = Decision(DeliveryState.SENT, "accepted", "250 Ok")


def test_an_empty_batch_writes_nothing(session):
    assert write_batch(session, Batch()) == []


def test_a_whole_round_may_be_written_at_once_and_again(session):
    for _ in range(3):
        a_delivery(session)
    session.commit()
    sent, lost, returned = ids(take(session))
    batch = Batch(
        began=[Began(sent, TOKEN, 1, None, 5, "first", NOON, is_copy=False)],
        ended=[Ended(sent, TOKEN, 1, ACCEPTED, NOON, NOON)],
        handing_over=[HandingOver(sent, TOKEN, 5), HandingOver(lost, "another", 5)],
        settled=[Settled(sent, TOKEN, SENT, 1, 5, NOON, None, [], NOON)],
        returned=[Returned(returned, TOKEN, 0)],
    )

    assert write_batch(session, batch) == [True, False]
    session.commit()
    write_batch(session, batch)
    session.commit()

    (attempt,) = log_of(session, sent)
    assert attempt.status is AttemptStatus.SUCCESS
    states = [row(session, identifier).state for identifier in (sent, lost, returned)]
    assert states == [DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.QUEUED]
