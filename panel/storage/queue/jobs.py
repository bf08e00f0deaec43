"""The list of jobs as workers see it: whose turn it is, and what was done.

A worker keeps a job until it ends or the worker is gone. Whoever writes about a job holds its row
until the transaction ends, so that a job moves once, however many think that it is theirs.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from panel.domain.permission import EVERYTHING, Scope
from panel.domain.queue_job import MOST_FAILURES, JobState, Left
from panel.storage.database import Session
from panel.storage.models import QueueJob, Worker
from panel.storage.models.queue_job import IS_OPEN
from panel.storage.queries.queue import QueueFilter
from panel.storage.queries.queue_spans import Range, Span

LONGEST_ERROR = 300


def take(session: Session, worker_id: str, *, now: datetime) -> QueueJob | None:
    """The open job that has waited longest and is nobody else's; its row stays locked."""
    alive = select(Worker.id).where(~Worker.is_dead, Worker.id != worker_id)
    statement = (
        select(QueueJob)
        .where(IS_OPEN, or_(QueueJob.worker_id.is_(None), QueueJob.worker_id.not_in(alive)))
        .order_by(QueueJob.worked_at, QueueJob.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    job = session.scalar(statement)
    if job is not None:
        job.worker_id = worker_id
        job.worked_at = now
        job.state = JobState.RUNNING
        job.began_at = job.began_at or now
    return job


def open_jobs(session: Session) -> list[QueueJob]:
    """All that have not ended."""
    return list(session.scalars(select(QueueJob).where(IS_OPEN).order_by(QueueJob.id)))


def keep_total(session: Session, job_id: int, total: int) -> None:
    """Writes down how many a job means, unless somebody else has; the caller commits."""
    job = _locked(session, job_id)
    if job is not None and job.total is None:
        job.total = total


def scope_of(job: QueueJob) -> Scope:
    """Whose deliveries a job may reach."""
    if job.partner_id is None:
        return EVERYTHING
    return Scope(is_everything=False, partner_id=job.partner_id)


def range_of(job: QueueJob) -> Range:
    """The deliveries that a job means."""
    wanted = QueueFilter.from_words(job.wanted)
    return Range(scope_of(job), wanted, job.newest_id, job.newest_at)


def advance(job: QueueJob, span: Span, *, changed: int, left: Left, now: datetime) -> None:
    """Writes down what became of a span; the last one ends the job."""
    job.after_id = span.until
    job.changed += changed
    job.left_sending += left.being_sent
    job.left_undecided += left.undecided
    job.left_unfit += left.unfit
    job.left_ended += left.ended
    job.failures, job.error = 0, ""
    if span.is_last:
        end(job, JobState.DONE, now=now)


def end(job: QueueJob, state: JobState, *, now: datetime, by: str = "") -> None:
    """Ends a job; what had gone before its turn counts as ended when it was done."""
    job.state, job.ended_at, job.ended_by = state, now, by
    job.worker_id = None
    if state is JobState.DONE:
        job.left_ended += max(0, (job.total or 0) - seen(job))
        job.total = seen(job)


def seen(job: QueueJob) -> int:
    """How many deliveries it has looked at."""
    return job.changed + job.left_sending + job.left_undecided + job.left_unfit + job.left_ended


def note_failure(session: Session, job_id: int, error: str, *, now: datetime) -> QueueJob | None:
    """Counts a fault; too many in a row end the job. The caller commits."""
    job = _locked(session, job_id)
    if job is None or job.ended_at is not None:
        return None
    job.failures += 1
    job.error = error[:LONGEST_ERROR]
    job.worked_at = now
    if job.failures >= MOST_FAILURES:
        end(job, JobState.FAILED, now=now)
    return job


def find_open(session: Session, job_id: int) -> QueueJob | None:
    """The job, locked, unless it has ended."""
    job = _locked(session, job_id)
    return job if job is not None and job.ended_at is None else None


def _locked(session: Session, job_id: int) -> QueueJob | None:
    statement = select(QueueJob).where(QueueJob.id == job_id).with_for_update()
    return session.scalar(statement, execution_options={"populate_existing": True})
