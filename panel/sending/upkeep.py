"""What a worker does for the queue as a whole, in small transactions.

It takes back what dead workers held, expires what is too late, and applies the policies.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import structlog

from panel.domain.delivery import Stream, UnconfirmedPolicy
from panel.domain.outcome import Stage
from panel.domain.smtp_outcomes import by_name
from panel.sending import queue_jobs
from panel.sending.clock import Clock, clock_s
from panel.sending.clock_follower import ClockFollower
from panel.sending.drills import end_drills
from panel.sending.seat import is_gone, own_seat
from panel.sending.watch import Watch
from panel.storage.database import Engine, Session, session_for
from panel.storage.queries.policies import stream_policies
from panel.storage.queue import clock_jumps, leases, mistimed, timekeeping, upkeep
from panel.storage.queue.leases import Sign
from panel.storage.queue.rescue import (
    Holder,
    Reason,
    lock_held,
    requeue_claimed,
    settle_in_doubt,
    settle_taken,
)
from panel.storage.queue.wakeup import notify

log = structlog.get_logger(__name__)
DIED = Reason("The worker ended before the mail was handed over.")
Act = Callable[[Session, datetime], int]


class Upkeep:
    """One round after the other, for one worker."""

    def __init__(self, engine: Engine, *, worker_id: str, clock: Clock) -> None:
        self._engine = engine
        self._worker_id = worker_id
        self._clock = clock
        self._watch = Watch()
        self._witness = timekeeping.Witness()
        self._follower = ClockFollower(engine)
        self.rest_s = 0.0
        """How long to leave the database to others before the next turn."""

    def turn(self) -> bool:
        """One small piece of each kind of work; whether there is more.

        What fails does not keep the rest from being done.
        """
        self.rest_s = 0.0
        if not self._is_alive():
            return False  # Taken for dead: what it held is for others to rescue, not for itself.
        moved = self._try("take_for_dead", self._take_for_dead)
        for name, act in ACTS:
            if name in BY_TIME and self._clock.is_steady:
                moved += self._try(name, partial(self._write, partial(self._by_time, act)))
            elif name not in BY_AGE:
                moved += self._try(name, partial(self._write, act))
        moved += self._try("follow_clock", self._follow_clock)
        moved += self._try("queue_jobs", self._work_on_jobs)
        return moved > 0

    def _follow_clock(self) -> int:
        turn = self._follower.turn()
        self.rest_s += turn.rest_s
        return turn.moved

    def _work_on_jobs(self) -> int:
        """A batch of a job that people asked for; last, as all else is more pressing."""
        turn = queue_jobs.work(self._engine, worker_id=self._worker_id, now=self._clock.now())
        self.rest_s += turn.rest_s
        return int(turn.has_worked)

    def _try(self, name: str, act: Callable[[], int]) -> int:
        try:
            return act()
        except Exception as error:  # noqa: BLE001  (the next turn tries again)
            log.warning("upkeep_failed", act=name, error=str(error)[:300])
            return 0

    def _is_alive(self) -> bool:
        with Session(self._engine) as session:
            return leases.is_alive(session, self._worker_id)

    def _take_for_dead(self) -> int:
        """Looks at the other workers; the number of those that count as dead from now on."""
        with Session(self._engine) as session:
            signs = leases.signs(session)
        others = [sign for sign in signs if sign.worker_id != self._worker_id]
        silent = self._watch.look(others, at_s=clock_s())
        own = own_seat()
        gone = [sign for sign in others if not sign.is_dead and is_gone(sign.seat, own)]
        return sum(self._strike(sign) for sign in {*silent, *gone})

    def _strike(self, sign: Sign) -> int:
        with session_for(self._engine) as session:
            is_struck = leases.take_for_dead(session, sign.worker_id, beat=sign.beat)
            session.commit()
        if is_struck:
            log.warning("worker_taken_for_dead", worker=sign.worker_id, host=sign.seat.host)
        return int(is_struck)

    def _by_time(self, act: Act, session: Session, now: datetime) -> int:
        timekeeping.keep(session, self._witness, now=now, at_s=clock_s())
        return act(session, now)

    def _write(self, act: Act) -> int:
        return write(self._engine, act, now=self._clock.now())


def tidy(engine: Engine, *, now: datetime) -> int:
    """Rescues, expires and decides whatever is due; the number of deliveries that moved."""
    moved = [1]
    while moved[-1]:
        moved.append(sum(write(engine, act, now=now) for _name, act in ACTS))
    return sum(moved) - 1


def write(engine: Engine, act: Act, *, now: datetime) -> int:
    """Runs `act` in a transaction of its own; workers are woken when deliveries have moved."""
    with session_for(engine) as session:
        moved = act(session, now)
        if moved:
            notify(session)
        session.commit()
    return moved


def rescue(session: Session, holder: Holder, *, reason: Reason = DIED, now: datetime) -> int:
    """Takes back up to 1500 deliveries of a worker; the caller commits.

    What a provider took by the log is sent. What was being handed over may be out: its stream's
    policy decides.
    """
    lock_held(session, holder)
    taken = settle_taken(session, holder)
    lost = by_name("worker_lost", Stage.FINAL)
    next_at = _decided_at(session, now)
    in_doubt = settle_in_doubt(session, holder, outcome=lost, next_at=next_at)
    return taken + in_doubt + requeue_claimed(session, holder, reason)


def _decided_at(session: Session, now: datetime) -> Mapping[Stream, datetime | None]:
    """When the policy of each stream decides; None: a person does."""
    return {
        stream: None
        if policy.unconfirmed is UnconfirmedPolicy.HOLD
        else now + policy.unconfirmed_delay
        for stream, policy in stream_policies(session).items()
    }


def _rescue_dead(session: Session, now: datetime) -> int:
    """Takes back a piece of what one held; those that hold nothing any more leave the list."""
    for worker_id in leases.dead_workers(session):
        rescued = rescue(session, Holder(worker_id), now=now)
        if rescued:
            log.warning("worker_rescued", worker=worker_id, deliveries=rescued)
            return rescued
        leases.leave(session, worker_id)
    return 0


def _expire(session: Session, now: datetime) -> int:
    if clock_jumps.is_under_way(session):
        return 0
    return upkeep.expire(session, now=now, gap=timekeeping.gap(session))


def _end_drills(session: Session, now: datetime) -> int:
    return end_drills(session, now=now)


def _decide_unconfirmed(session: Session, now: datetime) -> int:
    if clock_jumps.is_under_way(session):
        return 0
    return upkeep.decide_unconfirmed(session, now=now)


def _make_due(session: Session, now: datetime) -> int:
    return mistimed.make_due(session, now=now)


def _correct_health(session: Session, now: datetime) -> int:
    return mistimed.correct_health(session, now=now)


ACTS: tuple[tuple[str, Act], ...] = (
    ("rescue", _rescue_dead),
    ("expire", _expire),
    ("end_drills", _end_drills),
    ("decide_unconfirmed", _decide_unconfirmed),
    ("make_due", _make_due),
    ("correct_health", _correct_health),
)
BY_AGE = frozenset({"expire"})
"""What waits until the clocks agree: a clock that somebody set a year ahead must end nothing."""
BY_TIME = BY_AGE | {"decide_unconfirmed"}
"""What goes by times of waiting mail: a jump is noted before, and what has not followed is left."""
