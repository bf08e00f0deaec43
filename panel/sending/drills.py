"""Ending failover drills: what came of one is kept once its mail has had its round.

A worker does it, so that the result is kept even if nobody watches the drill.
"""

from __future__ import annotations

from datetime import datetime

import structlog

from panel.domain.delivery import DUE_STATES
from panel.domain.drill import DrillResult
from panel.storage.database import Session
from panel.storage.models import AuditEvent, Drill
from panel.storage.queue.drills import Course, call_off, course, going

log = structlog.get_logger(__name__)
WORKER = "worker"
"""Who ended it, for the audit."""


def end_drills(session: Session, *, now: datetime) -> int:
    """Ends up to 50 drills whose mail has had its round; the number of them. The caller commits.

    A mail that nobody took does not try again: it would arrive when nobody expects it any more.
    """
    ended = 0
    for drill in going(session):
        seen = course(session, drill.delivery_id)
        if seen.result is None:
            continue
        if _waits_in_vain(seen) and not call_off(session, drill.delivery_id, now=now):
            continue  # A worker was quicker: the mail has another round.
        _end(drill, seen, seen.result, now=now)
        session.add(_audited(drill, seen.result, now=now))
        log.info("drill_ended", drill=drill.id, result=seen.result.value, rule=drill.rule)
        ended += 1
    return ended


def _waits_in_vain(seen: Course) -> bool:
    return seen.result is DrillResult.FAILED and seen.state in DUE_STATES


def _end(drill: Drill, seen: Course, result: DrillResult, *, now: datetime) -> None:
    drill.result = result
    drill.rule, drill.said = seen.rule, seen.said
    drill.ended_at = seen.ended_at or now
    if seen.taken is not None:
        drill.taken_by_provider_id = seen.taken.provider_id
        drill.taken_by_name = seen.taken.provider_name
        drill.rule, drill.said = seen.taken.rule, seen.taken.said
        drill.ended_at = seen.taken.at or now


def _audited(drill: Drill, result: DrillResult, *, now: datetime) -> AuditEvent:
    return AuditEvent(
        at=now,
        actor=WORKER,
        action="drill.ended",
        subject=f"drill:{drill.id}",
        partner_id=drill.partner_id,
        before={},
        after={"result": result.value, "taken_by": drill.taken_by_name, "reason": drill.rule},
    )
