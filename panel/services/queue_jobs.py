"""Work on many deliveries in the background: asking for it, following it, stopping it.

Workers carry it out (`panel.sending.queue_jobs`), so it goes on when whoever asked has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.domain.queue_job import OPEN_STATES, JobState, Left, QueueAct
from panel.sending.queue_jobs import left_of
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.queue import Changed, QueueFilter, Selection, change
from panel.services.refusals import N_, Conflict, NotFound
from panel.services.rulings import note_of
from panel.storage.database import Session
from panel.storage.models import QueueJob
from panel.storage.queries import house
from panel.storage.queries import queue_jobs as queries
from panel.storage.queries.queue_spans import count_matching, newest
from panel.storage.queue import jobs

__all__ = ["JobState", "Left", "Progress", "change_or_begin", "follow", "latest", "notes", "stop"]

DIRECTLY = 5000
"""Deliveries that are changed while the person waits, in about a second; more become a job."""
MOST_GOING = 20
"""Jobs of one partner, or of the house and all partners, that may be open at once."""


@dataclass(frozen=True, slots=True)
class Progress:
    """A job as it stands."""

    id: int
    act: QueueAct
    state: JobState
    wanted: QueueFilter
    note: str
    actor: str
    partner_id: int | None
    total: int | None
    """How many matched when a worker began; None: not counted yet."""
    changed: int
    left: Left
    error: str
    """The last fault; empty where the reader is not to know it."""
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    stopped_by: str
    has_worker: bool = True

    @property
    def is_open(self) -> bool:
        """Whether it goes on, or will."""
        return self.state in OPEN_STATES

    @property
    def looked_at(self) -> int:
        """How many of `total` have been dealt with."""
        return self.changed + self.left.total

    @property
    def percent(self) -> int | None:
        """How much of it is done; 100 only when it has ended, None while nobody has counted."""
        if self.total is None:
            return None
        if self.state is JobState.DONE:
            return 100
        return min(99, self.looked_at * 100 // self.total) if self.total else 0


def change_or_begin(
    session: Session,
    actor: Actor,
    *,
    selection: Selection,
    act: QueueAct,
    now: datetime,
    note: str = "",
) -> Changed | Progress:
    """Does it at once where it is little; else hands it to the workers as a job.

    Raises Conflict when too many jobs are open already.
    """
    authorise(actor, Permission.CHANGE_QUEUE)
    wanted, user_id = selection.wanted, actor.user_id
    if wanted is None or user_id is None or not _is_much(session, actor, wanted):
        return change(session, actor, selection=selection, act=act, note=note, now=now)
    if queries.count_going(session, actor.scope) >= MOST_GOING:
        raise Conflict(N_("Too many jobs are open. Wait until one has ended, or stop one."))
    job = _job(session, actor, wanted, act=act, user_id=user_id, note=note, now=now)
    session.add(job)
    session.flush()
    _write_down(session, actor, job, "queue_job.started", now=now)
    session.commit()
    return _progress(session, actor, job, now=now)


def follow(session: Session, actor: Actor, *, job_id: int, now: datetime) -> Progress:
    """The job as it stands; NotFound when there is none for this actor."""
    authorise(actor, Permission.SEE_QUEUE)
    return _progress(session, actor, _present(session, actor, job_id), now=now)


def latest(session: Session, actor: Actor, *, now: datetime) -> Sequence[Progress]:
    """The newest ones first."""
    authorise(actor, Permission.SEE_QUEUE)
    found = queries.latest(session, actor.scope)
    return [_progress(session, actor, job, now=now) for job in found]


def notes(session: Session, actor: Actor, *, now: datetime) -> Sequence[Progress]:
    """The first few that have not ended, oldest first."""
    authorise(actor, Permission.SEE_QUEUE)
    found = queries.going(session, actor.scope)
    return [_progress(session, actor, job, now=now) for job in found]


def stop(session: Session, actor: Actor, *, job_id: int, now: datetime) -> Progress:
    """Ends a job after the batch that is under way; what was changed stays changed.

    Stopping one that has ended changes nothing.
    """
    authorise(actor, Permission.CHANGE_QUEUE)
    _present(session, actor, job_id)
    job = jobs.find_open(session, job_id)
    if job is not None:
        jobs.end(job, JobState.STOPPED, now=now, by=actor.name)
        _write_down(session, actor, job, "queue_job.stopped", now=now)
    session.commit()
    return _progress(session, actor, _present(session, actor, job_id), now=now)


def _is_much(session: Session, actor: Actor, wanted: QueueFilter) -> bool:
    return count_matching(session, actor.scope, wanted, limit=DIRECTLY + 1) > DIRECTLY


def _job(
    session: Session,
    actor: Actor,
    wanted: QueueFilter,
    *,
    act: QueueAct,
    user_id: int,
    note: str,
    now: datetime,
) -> QueueJob:
    last = newest(session)
    return QueueJob(
        act=act,
        wanted=wanted.as_words(),
        note=note_of(note),
        actor=actor.name,
        user_id=user_id,
        address=actor.address,
        partner_id=actor.scope.partner_id,
        newest_id=last.id if last else 0,
        # Clocks of machines differ: what was there must count as there.
        newest_at=max(now, last.created_at) if last else now,
        asked_at=now,
        worked_at=now,
    )


def _write_down(
    session: Session, actor: Actor, job: QueueJob, action: str, *, now: datetime
) -> None:
    is_begun = action == "queue_job.started"
    note = {"note": job.note} if job.note else {}
    record(
        session,
        actor,
        action=action,
        subject=f"queue_job:{job.id}",
        after={"act": job.act.value, **job.wanted, **note}
        if is_begun
        else {"changed": job.changed},
        partner_id=job.partner_id,
        now=now,
    )


def _present(session: Session, actor: Actor, job_id: int) -> QueueJob:
    job = queries.find(session, actor.scope, job_id)
    if job is None:
        raise NotFound(N_("This job is not there."))
    return job


def _progress(session: Session, actor: Actor, job: QueueJob, *, now: datetime) -> Progress:
    found = Progress(
        id=job.id,
        act=job.act,
        state=job.state,
        wanted=QueueFilter.from_words(job.wanted),
        note=job.note,
        actor=job.actor,
        partner_id=job.partner_id,
        total=job.total,
        changed=job.changed,
        left=left_of(job),
        error="" if actor.is_partner else job.error,
        asked_at=job.asked_at,
        began_at=job.began_at,
        ended_at=job.ended_at,
        stopped_by=job.ended_by,
    )
    if not found.is_open:
        return found
    return replace(found, has_worker=house.has_live_worker(session, now=now))
