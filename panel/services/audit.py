"""The record of changes: one row for each, written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from panel.domain.permission import Actor
from panel.storage.database import Session
from panel.storage.models import AuditEvent


def record(
    session: Session,
    actor: Actor,
    *,
    action: str,
    subject: str,
    now: datetime,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    partner_id: int | None = None,
) -> None:
    """Adds a row; the caller commits. Secrets are given as the word `changed`, never themselves.

    `before` and `after` hold what JSON can hold: numbers, texts, lists.
    """
    session.add(
        AuditEvent(
            at=now,
            actor=actor.name,
            address=actor.address,
            action=action,
            subject=subject,
            partner_id=partner_id,
            before=dict(before or {}),
            after=dict(after or {}),
        )
    )


def record_change(
    session: Session,
    actor: Actor,
    *,
    action: str,
    subject: str,
    was: Mapping[str, Any],
    is_now: Mapping[str, Any],
    now: datetime,
    partner_id: int | None = None,
) -> None:
    """Records which of the same fields have other values now, and what these were before."""
    changed = [name for name in is_now if was[name] != is_now[name]]
    record(
        session,
        actor,
        action=action,
        subject=subject,
        before={name: was[name] for name in changed},
        after={name: is_now[name] for name in changed},
        partner_id=partner_id,
        now=now,
    )
