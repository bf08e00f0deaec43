"""The worker's writer: groups commits, keeps a bad mark to itself, waits for a locked database."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from panel.domain.decision import Decision
from panel.domain.delivery import AttemptStatus, DeliveryState
from panel.sending.ledger import Ledger, Written
from panel.storage.database import patient, session_for
from panel.storage.models import Throttle
from panel.storage.queue.marks import Ended, Returned, Settled
from tests.domain.outcomes import ACCEPTED
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON
from tests.kit.patience import until
from tests.storage.queue.holding import TOKEN, ids, log_of, reached, row, take

SENT = Decision(DeliveryState.SENT, "accepted", "250 Ok")


def with_ledger(engine: Engine, act: Callable[[Ledger], Awaitable[Any]]) -> Any:
    """Runs `act` with a ledger on an event loop and closes the ledger."""

    async def run() -> Any:
        ledger = Ledger(engine)
        try:
            return await act(ledger)
        finally:
            await asyncio.to_thread(ledger.close)

    return asyncio.run(run())


@contextmanager
def commits_of(engine: Engine):
    """A list that grows with each try to commit marks; repeated tries of the same are equal."""
    tries: list[object] = []

    def connected(connection: Any, _record: object) -> None:
        connection.set_trace_callback(
            lambda text: tries.append(text) if text.startswith("INSERT INTO effects") else None
        )

    is_sqlite = engine.dialect.name == "sqlite"
    heard = ("connect", connected) if is_sqlite else ("commit", lambda _: tries.append(len(tries)))
    engine.dispose()
    event.listen(engine, *heard)
    yield tries
    event.remove(engine, *heard)


@pytest.fixture
def held(session):
    """Forty deliveries in the worker's hands."""
    for _ in range(40):
        a_delivery(session)
    session.commit()
    return ids(take(session))


def settled(delivery_id: int, *, token: str = TOKEN, said: str = "250 Ok") -> Settled:
    decision = Decision(DeliveryState.SENT, "accepted", said)
    return Settled(delivery_id, token, decision, 1, 5, NOON, None, [], NOON)


async def written(note: Callable[..., None], mark: object) -> Written:
    """Notes one mark and waits until it is written."""
    answer: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
    note([mark], answer.set_result)
    return await answer


def states(session, delivery_ids):
    return {row(session, identifier).state for identifier in delivery_ids}


def test_a_whole_attempt_is_written_in_order(engine, session, held):
    async def act(ledger):
        may = await written(ledger.reach, reached(held[0]))
        ledger.end([Ended(held[0], TOKEN, 1, ACCEPTED, NOON, NOON, NOON)])
        await written(ledger.settle, settled(held[0]))
        return may.held

    assert with_ledger(engine, act) == {(held[0], TOKEN)}

    assert row(session, held[0]).state is DeliveryState.SENT
    (attempt,) = log_of(session, held[0])
    assert attempt.status is AttemptStatus.SUCCESS


def test_what_gathers_during_a_commit_is_committed_together(engine, session, held):
    started, release = threading.Event(), threading.Event()

    def slow(_session):
        started.set()
        assert release.wait(20)

    async def act(ledger):
        first = asyncio.create_task(ledger.run(slow))
        await asyncio.to_thread(started.wait, 20)
        marks = [asyncio.create_task(written(ledger.settle, settled(item))) for item in held]
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(first, *marks)

    with commits_of(engine) as commits:
        with_ledger(engine, act)

    assert len({*commits}) == 1, "The work before wrote nothing, so it had nothing to commit."
    assert states(session, held) == {DeliveryState.SENT}


def test_marks_of_one_turn_of_the_loop_are_committed_together(engine, session, held):
    async def act(ledger):
        for item in held[:-1]:
            ledger.settle([settled(item)])
        await written(ledger.settle, settled(held[-1]))

    with commits_of(engine) as commits:
        with_ledger(engine, act)

    assert len({*commits}) == 1
    assert states(session, held) == {DeliveryState.SENT}


def test_everybody_gets_the_answer_to_the_own_question(engine, session, held):
    async def act(ledger):
        answers = await asyncio.gather(
            written(ledger.reach, reached(held[0])),
            written(ledger.reach, reached(held[1], token="lost")),
            ledger.run(lambda _: "answer"),
            written(ledger.give_back, Returned(held[4], TOKEN, 0)),
        )
        return [item.held if isinstance(item, Written) else item for item in answers]

    mine = {(held[0], TOKEN)}
    assert with_ledger(engine, act) == [mine, mine, "answer", mine]
    assert row(session, held[4]).state is DeliveryState.QUEUED


def test_a_bad_mark_harms_only_itself(engine, session, held):
    bad = replace(settled(held[1]), at="yesterday")  # type: ignore[arg-type]

    async def act(ledger):
        return await asyncio.gather(
            written(ledger.reach, reached(held[0])),
            written(ledger.settle, settled(held[0])),
            written(ledger.settle, bad),
            written(ledger.settle, settled(held[2])),
            ledger.run(lambda _: "answer"),
        )

    may, first, refused, third, answer = with_ledger(engine, act)

    assert may.held == {(held[0], TOKEN)}
    assert (first.error, third.error, answer) == (None, None, "answer")
    assert refused.error is not None
    assert states(session, (held[0], held[2])) == {DeliveryState.SENT}
    assert row(session, held[1]).state is DeliveryState.SENDING
    assert len(log_of(session, held[0])) == 1


def test_whoever_fails_to_hear_keeps_nobody_from_hearing(engine, session, held):
    def deaf(_written):
        raise LookupError("a bug")

    async def act(ledger):
        ledger.settle([settled(held[0])], deaf)
        return await written(ledger.settle, settled(held[1]))

    assert with_ledger(engine, act).error is None
    assert states(session, held[:2]) == {DeliveryState.SENT}


def test_work_that_fails_harms_only_itself(engine, session, held):
    def broken(_session):
        raise LookupError("a bug")

    async def act(ledger):
        ledger.post(broken, provider_id=1)
        return await asyncio.gather(
            ledger.run(broken), written(ledger.settle, settled(held[0])), return_exceptions=True
        )

    failed, done = with_ledger(engine, act)

    assert isinstance(failed, LookupError)
    assert done.error is None
    assert row(session, held[0]).state is DeliveryState.SENT


def test_whoever_posts_work_is_told_what_came_of_it(engine):
    told: list[object] = []

    def broken(_session):
        raise LookupError("a bug")

    async def act(ledger):
        ledger.post(lambda _: 17, provider_id=1, then=told.append)
        await ledger.run(lambda _: None)
        ledger.post(broken, provider_id=1, otherwise=lambda error: told.append(str(error)))
        await ledger.run(lambda _: None)

    with_ledger(engine, act)

    assert told == [17, "a bug"]


def test_rows_of_providers_are_locked_in_one_order_by_everybody(engine):
    order: list[int] = []
    started, release = threading.Event(), threading.Event()

    def slow(_session):
        started.set()
        assert release.wait(20)

    async def act(ledger):
        first = asyncio.create_task(ledger.run(slow))
        await asyncio.to_thread(started.wait, 20)
        claim = asyncio.create_task(ledger.run(lambda _: order.append(0)))
        await asyncio.sleep(0)
        for provider in (3, 1, 2):
            ledger.post(lambda _, provider=provider: order.append(provider), provider_id=provider)
        release.set()
        await asyncio.gather(first, claim)

    with_ledger(engine, act)

    assert order == [1, 2, 3, 0]


def test_a_decision_that_comes_too_late_is_no_error_and_changes_nothing(engine, session, held):
    async def act(ledger):
        await written(ledger.settle, settled(held[0], token="of a claim before"))

    with_ledger(engine, act)

    assert row(session, held[0]).state is DeliveryState.SENDING


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_locked_database_is_waited_for(engine, session, held):
    async def act(ledger):
        session.add(Throttle(key="in the way", started_at=NOON, count=1))
        session.flush()
        settling = asyncio.create_task(written(ledger.settle, settled(held[0])))
        await asyncio.to_thread(until, lambda: tries)
        assert not settling.done()
        session.rollback()
        await settling

    with commits_of(engine) as tries:
        with_ledger(patient(engine, 0.0), act)

    assert row(session, held[0]).state is DeliveryState.SENT


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_lost_connection_is_made_again(engine, session, held):
    end_all = text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    cut: list[int] = []

    def cut_once(other):
        if not cut:
            cut.append(1)
            with session_for(engine) as killer:
                killer.execute(end_all)
        return other.execute(text("SELECT 17")).scalar_one()

    async def act(ledger):
        return await asyncio.gather(ledger.run(cut_once), written(ledger.settle, settled(held[0])))

    session.close()
    assert with_ledger(engine, act) == [17, Written()]
    assert row(session, held[0]).state is DeliveryState.SENT


def test_closing_writes_what_has_gathered(engine, session, held):
    async def act(ledger):
        for identifier in held:
            ledger.reach([reached(identifier)])

    with_ledger(engine, act)

    assert all(len(log_of(session, identifier)) == 1 for identifier in held)
