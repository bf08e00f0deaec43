"""Doing something to many deliveries, written down in the audit, whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from panel.domain.queue_job import AUDITED
from panel.storage.database import Session
from panel.storage.models import AuditEvent
from panel.storage.queries.queue_acts import Deed, carry_out_act
from panel.storage.queries.queue_changes import Touched


def perform(session: Session, deed: Deed, *, ids: Sequence[int]) -> Touched:
    """Does it to those of the deliveries that it fits; the caller commits, and wakes the workers.

    Nothing is written down when nothing was changed.
    """
    touched = carry_out_act(session, deed, ids=ids)
    if touched.delivery_ids:
        session.add(_audited(deed, touched))
    return touched


def _audited(deed: Deed, touched: Touched) -> AuditEvent:
    after: dict[str, Any] = {
        "count": len(touched.delivery_ids),
        "deliveries": list(touched.delivery_ids),
    }
    if touched.message_ids:
        after["messages"] = list(touched.message_ids)
    if deed.note:
        after["note"] = deed.note
    if deed.job_id is not None:
        after["job"] = deed.job_id
    return AuditEvent(
        at=deed.at,
        actor=deed.actor,
        address=deed.address,
        action=AUDITED[deed.act],
        subject="queue",
        partner_id=deed.scope.partner_id,
        before={},
        after=after,
    )
