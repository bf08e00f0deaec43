"""Those who come together share a commit, and nobody's trouble becomes another's."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError

from panel.domain.submission import Accepted
from panel.sending.submit import prepare
from panel.services import submission_desk
from panel.services.submission_desk import Busy, Desk
from panel.services.submission_intake import HandIn, Once, PreparedMail, SubmittedBatch
from panel.storage.database import is_passing, session_for
from panel.storage.models import Delivery, Message
from panel.storage.queue.intake import NewMessage
from tests.factories.moments import NOON
from tests.factories.people import an_application
from tests.kit.patience import until
from tests.services.test_submissions import MAIL


@pytest.fixture
def application_id(session) -> int:
    """An application that may send system mail."""
    application = an_application(session, streams=["system"])
    session.commit()
    return application.id


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """The threads of a process."""
    with ThreadPoolExecutor(32) as pool:
        yield pool


@contextmanager
def occupied(engine) -> Iterator[Callable[[], None]]:
    """The database while another one's transaction keeps everybody from storing mail."""
    with session_for(engine) as other:
        other.execute(text("SELECT 1"))
        if engine.dialect.name == "postgresql":
            other.execute(text("LOCK TABLE contents IN ACCESS EXCLUSIVE MODE"))
        yield other.rollback


def a_hand_in(application_id: int, *, key: str | None = None, size: int = 10) -> HandIn:
    """One mail, ready to be stored."""
    form = prepare(
        replace(MAIL, text="x" * size), partner_id=None, application_id=application_id, now=NOON
    )
    once = Once(key, "a" * 64) if key else None
    return HandIn(application_id, [PreparedMail(MAIL, form)], once, NOON)


def stored(session, model=Message) -> int:
    """How many rows there are."""
    number = session.scalar(select(func.count()).select_from(model))
    session.rollback()
    return number


def hand_in_behind_one(
    pool, desk: Desk, first: HandIn, others: list[HandIn]
) -> tuple[Future, list[Future]]:
    """The others queue up while the first one is held up by an occupied database."""
    leader = pool.submit(desk.hand_in, first)
    until(lambda: desk.is_writing)
    followers = []
    for number, hand_in in enumerate(others, start=1):
        followers.append(pool.submit(desk.hand_in, hand_in))
        until(partial(is_line_of, desk, number))
    return leader, followers


def is_line_of(desk: Desk, length: int) -> bool:
    """Whether that many wait."""
    return desk.waiting == length


def message_id(hand_in: HandIn) -> str:
    """The name that its one mail was prepared with."""
    (mail,) = hand_in.mails
    assert isinstance(mail.form, NewMessage)
    return mail.form.id


def accepted_of(batch: SubmittedBatch) -> Accepted:
    """The outcome of its one mail, which must have been accepted."""
    (outcome,) = batch.outcomes
    assert isinstance(outcome, Accepted)
    return outcome


def test_all_who_come_during_a_commit_share_the_next_one(
    engine, session, desk, pool, application_id
):
    commits: list[object] = []
    with occupied(engine) as release:
        event.listen(engine, "commit", commits.append)
        leader, followers = hand_in_behind_one(
            pool, desk, a_hand_in(application_id), [a_hand_in(application_id) for _ in range(9)]
        )
        release()
        batches = [future.result() for future in (leader, *followers)]

    assert len(commits) == 2
    ids = {accepted_of(batch).message_id for batch in batches}
    assert ids == set(session.scalars(select(Message.id)))
    assert len(ids) == 10


def test_each_gets_the_ids_of_its_own_deliveries(engine, session, desk, pool, application_id):
    hand_ins = [a_hand_in(application_id) for _ in range(6)]
    with occupied(engine) as release:
        leader, followers = hand_in_behind_one(pool, desk, hand_ins[0], hand_ins[1:])
        release()
        batches = [future.result() for future in (leader, *followers)]

    for hand_in, batch in zip(hand_ins, batches, strict=True):
        accepted = accepted_of(batch)
        assert accepted.message_id == message_id(hand_in)
        for delivery in accepted.deliveries:
            row = session.get_one(Delivery, delivery.id)
            assert (row.message_id, row.recipient) == (accepted.message_id, delivery.recipient)


def test_one_that_the_database_refuses_does_not_harm_its_neighbours(
    engine, session, desk, pool, application_id
):
    twin = a_hand_in(application_id)
    desk.hand_in(twin)
    with occupied(engine) as release:
        leader, followers = hand_in_behind_one(
            pool,
            desk,
            a_hand_in(application_id),
            [a_hand_in(application_id), twin, a_hand_in(application_id)],
        )
        release()
        with pytest.raises(IntegrityError):
            followers.pop(1).result()

        for future in (leader, *followers):
            assert future.result().is_new
    assert stored(session) == 4


def test_the_same_key_twice_among_those_who_wait_is_accepted_once(
    engine, session, desk, pool, application_id
):
    with occupied(engine) as release:
        leader, followers = hand_in_behind_one(
            pool,
            desk,
            a_hand_in(application_id),
            [a_hand_in(application_id, key=key) for key in ("a", "b", "a", "a", "b")],
        )
        release()
        batches = [future.result() for future in followers]

    assert leader.result().is_new
    assert [batch.is_repeated for batch in batches] == [False, False, True, True, True]
    assert batches[0].outcomes == batches[2].outcomes == batches[3].outcomes
    assert batches[1].outcomes == batches[4].outcomes
    assert stored(session) == 3


def test_large_ones_do_not_share_a_transaction(engine, desk, pool, application_id, monkeypatch):
    monkeypatch.setattr(submission_desk, "MOST_WEIGHT", 20_000)
    commits: list[object] = []
    hand_ins = [a_hand_in(application_id, size=15_000) for _ in range(3)]
    with occupied(engine) as release:
        event.listen(engine, "commit", commits.append)
        leader, followers = hand_in_behind_one(pool, desk, hand_ins[0], hand_ins[1:])
        release()
        for future in (leader, *followers):
            assert future.result().is_new

    assert len(commits) == 3


def test_everybody_is_sent_away_when_the_database_stays_occupied(
    engine, session, pool, application_id
):
    desk = Desk(engine, patience_s=0.2)
    with occupied(engine):
        leader, followers = hand_in_behind_one(
            pool, desk, a_hand_in(application_id), [a_hand_in(application_id) for _ in range(3)]
        )
        for future in (leader, *followers):
            error = future.exception(20)
            assert isinstance(error, Exception)
            assert isinstance(error, Busy) or is_passing(error)

    assert stored(session) == 0
    assert desk.hand_in(a_hand_in(application_id)).is_new


def test_when_enough_wait_for_a_stuck_database_others_need_not_wait_at_all(
    engine, session, pool, application_id
):
    desk = Desk(engine, stalled_s=0)
    waiting = [a_hand_in(application_id) for _ in range(submission_desk.MOST_STALLED)]
    with occupied(engine) as release:
        leader, followers = hand_in_behind_one(pool, desk, a_hand_in(application_id), waiting)
        with pytest.raises(Busy):
            desk.hand_in(a_hand_in(application_id))
        release()

        for future in (leader, *followers):
            assert future.result().is_new
    assert stored(session) == len(waiting) + 1


def test_many_threads_lose_nothing_and_mix_nothing_up(engine, session, pool, application_id):
    desk = Desk(engine)
    barrier = threading.Barrier(16)

    def hand_in_some(number: int) -> list[str]:
        barrier.wait()
        ids = []
        for turn in range(10):
            hand_in = a_hand_in(application_id, key=f"{number} {turn}")
            accepted = accepted_of(desk.hand_in(hand_in))
            assert accepted.message_id == message_id(hand_in)
            ids.append(accepted.message_id)
        return ids

    ids = [one for some in pool.map(hand_in_some, range(16)) for one in some]

    assert sorted(ids) == sorted(session.scalars(select(Message.id)))
    assert len(ids) == 160
