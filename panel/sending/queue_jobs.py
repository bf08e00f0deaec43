"""Jobs on the queue, carried out by workers: a batch a turn, each in a transaction of its own.

What was done with a batch is written in the batch's transaction. So a worker that is killed leaves
nothing half done, and whoever takes the job up goes on exactly behind the last batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import structlog

from panel.domain.permission import ROLE_PERMISSIONS, Permission, Role
from panel.domain.queue_job import JobState, Left
from panel.sending.clock import clock_s
from panel.sending.queue_acts import perform
from panel.storage.database import Engine, Session, is_passing, session_for
from panel.storage.models import AuditEvent, QueueJob
from panel.storage.queries.queue_acts import Deed, left
from panel.storage.queries.queue_spans import Span, count_range, next_span
from panel.storage.queries.users import find_user, may_come_in
from panel.storage.queue import jobs
from panel.storage.queue.wakeup import notify

log = structlog.get_logger(__name__)
BATCH = 500
"""Deliveries changed by one transaction, so that whoever sends never waits for long."""
LONGEST_REST_S = 1.0
WORKER = "worker"
"""Who ends jobs that nobody stopped, for the audit."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What came of one turn."""

    has_worked: bool
    took_s: float = 0.0
    """How long its transaction was open."""

    @property
    def rest_s(self) -> float:
        """How long to leave the database to others: as long as it was kept from them."""
        return min(self.took_s, LONGEST_REST_S)


def work(engine: Engine, *, worker_id: str, now: datetime) -> Turn:
    """One batch of the job that has waited longest, if there is one.

    A fault is counted with its job, and raised.
    """
    if not _has_counted(engine):
        return Turn(has_worked=False)
    with session_for(engine) as session:
        began_s = clock_s()
        job = jobs.take(session, worker_id, now=now)
        if job is None:
            return Turn(has_worked=False)
        job_id = job.id
        try:
            _go_on(session, job, now=now)
            session.commit()
        except Exception as error:
            session.rollback()
            _note_failure(engine, job_id, error, now=now)
            raise
    return Turn(has_worked=True, took_s=clock_s() - began_s)


def _has_counted(engine: Engine) -> bool:
    """Whether there are jobs; what new ones mean is counted, which by reading holds nobody up."""
    with Session(engine) as session:
        found = jobs.open_jobs(session)
        new = [job for job in found if job.total is None]
        counts = {job.id: count_range(session, jobs.range_of(job)) for job in new}
    if counts:
        with session_for(engine) as session:
            for job_id, total in counts.items():
                jobs.keep_total(session, job_id, total)
            session.commit()
    return bool(found)


def _go_on(session: Session, job: QueueJob, *, now: datetime) -> None:
    if not _still_may(session, job):
        jobs.end(job, JobState.REFUSED, now=now)
    else:
        span = next_span(session, jobs.range_of(job), after=job.after_id, most=BATCH)
        _work_on(session, job, span, now=now)
    if job.ended_at is not None:
        _write_down(session, job, now=now)


def _work_on(session: Session, job: QueueJob, span: Span, *, now: datetime) -> None:
    if not span.ids:
        jobs.advance(job, span, changed=0, left=Left(), now=now)
        return
    touched = perform(session, _deed(job, now), ids=span.ids)
    changed = len(touched.delivery_ids)
    rest = {*span.ids} - {*touched.delivery_ids}
    stayed = left(session, jobs.scope_of(job), sorted(rest)) if rest else Left()
    jobs.advance(job, span, changed=changed, left=stayed, now=now)
    if changed:
        notify(session)


def _deed(job: QueueJob, now: datetime) -> Deed:
    return Deed(
        act=job.act,
        scope=jobs.scope_of(job),
        actor=job.actor,
        address=job.address,
        at=now,
        note=job.note,
        job_id=job.id,
    )


def _still_may(session: Session, job: QueueJob) -> bool:
    """Whether who asked could ask for it now: let in, allowed, and for the same mail as then."""
    user = find_user(session, job.user_id)
    if user is None or user.deleted_at is not None or not may_come_in(session, user):
        return False
    if Permission.CHANGE_QUEUE not in ROLE_PERMISSIONS[user.role]:
        return False
    reach = user.partner_id if user.role is Role.PARTNER_ADMIN else None
    return reach == job.partner_id


def _note_failure(engine: Engine, job_id: int, error: Exception, *, now: datetime) -> None:
    if is_passing(error):
        return  # The database was away or busy, which says nothing about the job.
    with session_for(engine) as session:
        job = jobs.note_failure(session, job_id, str(error), now=now)
        if job is not None and job.ended_at is not None:
            _write_down(session, job, now=now)
        session.commit()


def _write_down(session: Session, job: QueueJob, *, now: datetime) -> None:
    log.info("queue_job_ended", job=job.id, state=job.state.value, changed=job.changed)
    session.add(
        AuditEvent(
            at=now,
            actor=WORKER,
            action="queue_job.ended",
            subject=f"queue_job:{job.id}",
            partner_id=job.partner_id,
            before={},
            after={"result": job.state.value, "changed": job.changed, "left": left_of(job).total},
        )
    )


def left_of(job: QueueJob) -> Left:
    """What a job has left as it was."""
    return Left(job.left_sending, job.left_undecided, job.left_unfit, job.left_ended)
