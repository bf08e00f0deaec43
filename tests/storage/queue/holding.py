"""Deliveries in the hands of a worker, and how they stand afterwards."""

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, select

from panel.domain.delivery import Phase
from panel.storage.database import Session, session_for
from panel.storage.models import Attempt, Delivery
from panel.storage.queue import leases
from panel.storage.queue.batch import Batch
from panel.storage.queue.claims import ClaimedMessage, Share, claim, claimed
from panel.storage.queue.flows import flows
from panel.storage.queue.leases import Seat
from panel.storage.queue.marks import Reached
from panel.storage.queue.progress import Held
from panel.storage.queue.writer import Writer
from tests.factories.mail import a_delivery
from tests.factories.moments import NOON

WORKER, TOKEN = "worker-1", "token-1"
MINUTE = timedelta(minutes=1)
ELSEWHERE = Seat(host="elsewhere", boot="another boot", pid=1, born=1)


def take(
    session: Session,
    *,
    worker_id: str = WORKER,
    token: str = TOKEN,
    limit: int = 100,
    now: datetime = NOON,
    most_octets: int = sys.maxsize,
) -> tuple[ClaimedMessage, ...]:
    """One claim of up to `limit` of each flow, committed."""
    shares = [Share(flow.id, limit) for flow in flows(session, now=now)]
    claim(session, worker_id=worker_id, token=token, shares=shares, now=now)
    session.commit()
    taken = claimed(session, worker_id=worker_id, token=token, most_octets=most_octets)
    session.commit()
    return taken


def ids(messages: tuple[ClaimedMessage, ...]) -> list[int]:
    """The deliveries of a claim, in its order."""
    return [delivery.id for message in messages for delivery in message.deliveries]


def a_held_delivery(
    session: Session, *, phase: Phase = Phase.CLAIMED, token: str = TOKEN, **overrides: Any
) -> int:
    """The id of a delivery that `WORKER` has claimed under `token`."""
    identifier = a_delivery(session, **overrides).id
    session.commit()
    assert identifier in ids(take(session, token=token))
    session.get_one(Delivery, identifier).phase = phase
    session.commit()
    return identifier


def reached(delivery_id: int, phase: Phase = Phase.HANDING_OVER, **overrides: Any) -> Reached:
    """The mark of the first attempt of a delivery, at provider 5."""
    mark = Reached(delivery_id, TOKEN, 1, None, 5, "first", NOON, is_copy=False, phase=phase)
    return replace(mark, **overrides)


def write_batch(session: Session, batch: Batch) -> Held:
    """What a worker's writer does, committed; nothing of `session` may still be to be written."""
    session.rollback()
    writer = Writer(session.get_bind().engine)
    try:
        return writer.write(batch)
    finally:
        writer.close()


def hand_over(session: Session, delivery_id: int, **overrides: Any) -> bool:
    """Marks a hand-over; whether the worker holds the delivery."""
    mark = reached(delivery_id, **overrides)
    return bool(write_batch(session, Batch(reached=[mark])))


def a_worker_row(session: Session, worker_id: str = WORKER, *, now: datetime = NOON) -> None:
    """A worker of another machine that began at `now`."""
    leases.register(session, worker_id=worker_id, seat=ELSEWHERE, now=now)
    session.commit()


def row(session: Session, identifier: int) -> Delivery:
    """A delivery as it lies in the database; no transaction stays open."""
    session.rollback()
    session.expire_all()
    found = session.get_one(Delivery, identifier)
    session.refresh(found)
    session.expunge(found)
    session.rollback()
    return found


def log_of(session: Session, identifier: int) -> list[Attempt]:
    """The attempts of a delivery, oldest first."""
    session.rollback()
    statement = select(Attempt).where(Attempt.delivery_id == identifier).order_by(Attempt.number)
    found = list(session.scalars(statement.execution_options(populate_existing=True)))
    session.expunge_all()
    session.rollback()
    return found


def at_once(engine: Engine, *acts: Callable[[Session], object]) -> list[Any]:
    """Runs the acts on threads and connections of their own; their answers, in order.

    Each act commits for itself. What one of them raises is raised here.
    """
    barrier = threading.Barrier(len(acts))
    answers: list[Any] = [None] * len(acts)
    errors: list[BaseException] = []

    def run(place: int, act: Callable[[Session], object]) -> None:
        try:
            with session_for(engine) as session:
                barrier.wait(20)
                answers[place] = act(session)
        except BaseException as error:  # noqa: BLE001 - raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if errors:
        raise errors[0]
    return answers
