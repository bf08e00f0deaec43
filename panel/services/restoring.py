"""What has to happen after the database was restored from a backup, before a worker starts."""

from __future__ import annotations

from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.refusals import N_, Conflict
from panel.storage.database import Session
from panel.storage.queue import leases
from panel.storage.queue.restored import doubt_waiting, forget_workers, stop_jobs


def doubt_all(session: Session, actor: Actor, *, now: datetime) -> int:
    """Leaves all waiting mail to people's decisions; the number of deliveries.

    It may have gone out between the backup and the restore. Raises Conflict while a worker is
    at work. Many small transactions; begun again it goes on where it ended.
    """
    authorise(actor, Permission.CHANGE_QUEUE)
    if leases.alive(session, now=now):
        raise Conflict(
            N_(
                "A worker was at work within the last half minute. "
                "Stop all workers, wait that long, and try again."
            )
        )
    forget_workers(session)
    stop_jobs(session, by=actor.name, now=now)
    total = 0
    while moved := doubt_waiting(session):
        session.commit()
        total += moved
    after = {"deliveries": total}
    record(session, actor, action="database.restored", subject="queue", after=after, now=now)
    session.commit()
    return total
