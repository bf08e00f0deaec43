"""All that a worker has to write at one moment goes into one transaction, in the right order."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from panel.domain.decision import Decision
from panel.domain.delivery import AttemptStatus, DeliveryState, Phase
from panel.storage.models import Transcript
from panel.storage.queue.batch import Batch
from panel.storage.queue.marks import Ended, Returned, Settled
from tests.domain.outcomes import ACCEPTED, an_outcome
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.storage.queue.holding import (
    TOKEN,
    a_held_delivery,
    ids,
    log_of,
    reached,
    row,
    take,
    write_batch,
)

SENT = Decision(DeliveryState.SENT, "accepted", "250 Ok")
HELD = Decision(DeliveryState.HELD, "no_route", "Nobody.", next_attempt_at=NOON)


def test_an_empty_batch_writes_nothing(session):
    assert write_batch(session, Batch()) == frozenset()


def test_a_whole_round_may_be_written_at_once_and_again(session):
    for _ in range(3):
        a_delivery(session)
    session.commit()
    sent, lost, returned = ids(take(session))
    batch = Batch(
        reached=[reached(sent, Phase.CLAIMED), reached(lost, token="another"), reached(sent)],
        ended=[Ended(sent, TOKEN, 1, ACCEPTED, NOON, NOON, NOON)],
        settled=[Settled(sent, TOKEN, SENT, 1, 5, NOON, None, [], NOON)],
        returned=[Returned(returned, TOKEN, 0)],
    )

    assert write_batch(session, batch) == {(sent, TOKEN)}
    session.commit()
    write_batch(session, batch)
    session.commit()

    (attempt,) = log_of(session, sent)
    assert attempt.status is AttemptStatus.SUCCESS
    assert log_of(session, lost) == []
    states = [row(session, identifier).state for identifier in (sent, lost, returned)]
    assert states == [DeliveryState.SENT, DeliveryState.SENDING, DeliveryState.QUEUED]


@pytest.mark.parametrize("transcript", ["", "said"])
@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.DEFERRED])
def test_marks_of_one_commit_leave_what_single_commits_leave(session, state, transcript):
    """A delivery that failed over at once, and another that was taken by the first provider."""
    decided = replace(SENT, state=state)
    left: list[list[Any]] = []
    for _ in range(2):
        twice, once = a_held_delivery(session, token="t1"), a_held_delivery(session, token="t2")
        last = replace(ACCEPTED, transcript=transcript)
        marks = Batch(
            reached=[
                reached(twice, token="t1"),
                reached(once, token="t2"),
                reached(twice, token="t1", number=2, provider_id=6),
            ],
            ended=[
                Ended(twice, "t1", 1, an_outcome(), NOON, NOON, NOON),
                Ended(twice, "t1", 2, last, NOON, NOON, NOON),
                Ended(once, "t2", 1, last, NOON, None, NOON),
            ],
            settled=[
                Settled(twice, "t1", decided, 2, 6, NOON, 6, [{"name": "a"}], NOON),
                Settled(once, "t2", decided, 1, 5, None, None, [], NOON),
            ],
        )
        for batch in [marks] if not left else one_by_one(marks):
            write_batch(session, batch)
        left.append([everything_of(session, identifier) for identifier in (twice, once)])

    assert left[0] == left[1]
    assert [len(attempts) for _, attempts, _ in left[0]] == [2, 1]
    assert [len(said) for _, _, said in left[0]] == [1, 1] if transcript else [0, 0]


def one_by_one(batch):
    """The same marks in the same order, each in a commit of its own."""
    for kind in ("reached", "ended", "settled"):
        yield from (Batch(**{kind: [mark]}) for mark in getattr(batch, kind))


def everything_of(session, identifier):
    """A delivery, its attempts and what was said, without the numbers of the rows."""
    delivery = row(session, identifier)
    fields = ("state", "attempts", "retries", "ended_at", "rule", "said", "provider_id", "phase")
    more = ("sticky_provider_id", "last_attempt_at", "next_attempt_at", "route", "claim_token")
    attempts = [
        (item.number, item.provider_id, item.status, item.rule, item.said, item.handed_over_at)
        for item in log_of(session, identifier)
    ]
    found = select(Transcript.number, Transcript.said).where(Transcript.delivery_id == identifier)
    said = [tuple(item) for item in session.execute(found)]
    session.rollback()
    return tuple(getattr(delivery, name) for name in (*fields, *more)), attempts, said


def test_the_furthest_of_several_marks_wins(session):
    identifier = a_held_delivery(session)
    phases = (Phase.CLAIMED, Phase.HANDING_OVER, Phase.CONNECTED)

    write_batch(session, Batch(reached=[reached(identifier, phase) for phase in phases]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert (attempt.phase, row(session, identifier).phase) == (Phase.HANDING_OVER,) * 2


def test_a_phase_does_not_fall_back_by_a_mark_that_comes_late(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[reached(identifier)]))

    write_batch(session, Batch(reached=[reached(identifier, Phase.CONNECTED)]))
    session.commit()

    assert row(session, identifier).phase is Phase.HANDING_OVER


def test_the_next_attempt_begins_at_the_beginning(session):
    """What the one before handed over was answered: after a crash nothing is in doubt."""
    identifier = a_held_delivery(session)
    ended = Ended(identifier, TOKEN, 1, ACCEPTED, NOON, NOON, NOON)
    write_batch(session, Batch(reached=[reached(identifier)], ended=[ended]))

    second = reached(identifier, Phase.CLAIMED, number=2, provider_id=8)
    write_batch(session, Batch(reached=[second]))
    session.commit()

    assert row(session, identifier).phase is Phase.CLAIMED
    assert [attempt.number for attempt in log_of(session, identifier)] == [1, 2]


def test_of_two_attempts_in_one_batch_the_latter_tells_where_the_delivery_is(session):
    identifier = a_held_delivery(session)
    marks = [reached(identifier), reached(identifier, Phase.CONNECTED, number=2, provider_id=8)]

    write_batch(session, Batch(reached=marks))
    session.commit()

    assert row(session, identifier).phase is Phase.CONNECTED
    phases = [attempt.phase for attempt in log_of(session, identifier)]
    assert phases == [Phase.HANDING_OVER, Phase.CONNECTED]


def test_what_was_announced_to_one_provider_may_be_announced_to_another(session):
    identifier = a_held_delivery(session)
    write_batch(session, Batch(reached=[reached(identifier)]))

    other = reached(identifier, Phase.CONNECTED, provider_id=8, provider_name="second")
    write_batch(session, Batch(reached=[other]))
    session.commit()

    (attempt,) = log_of(session, identifier)
    assert (attempt.provider_id, attempt.phase) == (8, Phase.CONNECTED)
    assert row(session, identifier).phase is Phase.CONNECTED


@pytest.mark.parametrize("token", [TOKEN, "another"])
@pytest.mark.parametrize("kind", ["returned", "settled"])
def test_an_attempt_that_was_only_announced_leaves_the_log_with_its_delivery(session, kind, token):
    identifier = a_held_delivery(session, attempts=1)
    write_batch(session, Batch(reached=[reached(identifier), reached(identifier, number=2)]))
    left = {
        "returned": Batch(returned=[Returned(identifier, token, 1)]),
        "settled": Batch(settled=[Settled(identifier, token, HELD, 1, None, None, None, [], NOON)]),
    }

    write_batch(session, left[kind])
    session.commit()

    numbers = [attempt.number for attempt in log_of(session, identifier)]
    assert numbers == ([1] if token == TOKEN else [1, 2])
