"""How long mail is kept: what holds, what another choice would remove now, and saving it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from panel.domain.delivery import Stream
from panel.domain.permission import Actor, Permission
from panel.domain.retention import (
    FIRST,
    LONGEST_DAYS,
    Retention,
    Retentions,
    can_keep_bodies,
    can_keep_mails,
    outlives_mail,
)
from panel.services.access import authorise
from panel.services.audit import record_change
from panel.services.refusals import N_, Conflict, Invalid
from panel.storage.database import Session
from panel.storage.queries import sizes as size_queries
from panel.storage.queries.removal_preview import StreamLoss, preview
from panel.storage.queries.retention import hold_retentions, retentions, store_retention
from panel.storage.queries.sizes import Count, DatabaseSize, StreamSize
from panel.storage.queue.timekeeping import age_counts_until

__all__ = [
    "FIRST",
    "LONGEST_DAYS",
    "Count",
    "DatabaseSize",
    "Keeping",
    "Plan",
    "StaleRetention",
    "StreamLoss",
    "StreamSize",
    "change_retention",
    "plan_retention",
    "retention_errors",
    "show_retention",
]
Errors = dict[str, str]


class StaleRetention(Conflict):
    """Somebody else changed it since the form was opened, or its effect was not looked at."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """What holds, and how much there is; `version` changes with what holds."""

    retentions: Retentions
    version: str
    sizes: Mapping[Stream, StreamSize]
    database: DatabaseSize


@dataclass(frozen=True, slots=True)
class Plan:
    """What a choice would change and remove now; `seal` shows that it was looked at."""

    before: Retentions
    after: Retentions
    losses: Mapping[Stream, StreamLoss]
    version: str
    seal: str

    @property
    def changes(self) -> tuple[Stream, ...]:
        """The streams for which something else would hold."""
        return tuple(stream for stream in Stream if self.before[stream] != self.after[stream])


def show_retention(session: Session, actor: Actor) -> Keeping:
    """What holds for all kinds of mail, and how much there is of each."""
    authorise(actor, Permission.CHANGE_SETTINGS)
    present = retentions(session)
    sample = size_queries.pick(session)
    return Keeping(
        retentions=present,
        version=_version(present),
        sizes={stream: size_queries.size_of(sample, stream) for stream in Stream},
        database=size_queries.database_size(session),
    )


def plan_retention(
    session: Session, actor: Actor, *, wanted: Retentions, version: str, now: datetime
) -> Plan:
    """What the choice would remove as soon as it is saved; nothing is changed.

    Raises Invalid with a message for each field, named like `crm-bodies`, and StaleRetention.
    """
    authorise(actor, Permission.CHANGE_SETTINGS)
    _check(wanted)
    before = _unchanged(session, version)
    until = age_counts_until(session, now=now)
    losses = preview(session, wanted, size_queries.pick(session), until=until)
    return Plan(before, wanted, losses, version, _seal(wanted, version))


def change_retention(
    session: Session, actor: Actor, *, wanted: Retentions, version: str, seal: str, now: datetime
) -> None:
    """Saves a choice whose plan was looked at: `seal` is that of the plan.

    Workers then begin to remove. Raises Invalid, and StaleRetention when the choice was not seen.
    """
    authorise(actor, Permission.CHANGE_SETTINGS)
    _check(wanted)
    hold_retentions(session)
    before = _unchanged(session, version)
    if seal != _seal(wanted, version):
        session.rollback()
        raise StaleRetention(
            N_("Nothing was saved: look at what would be removed first, then confirm that.")
        )
    for stream in Stream:
        if before[stream] != wanted[stream]:
            store_retention(session, stream, wanted[stream])
            _audit(session, actor, stream, before[stream], wanted[stream], now=now)
    session.commit()


def retention_errors(retention: Retention) -> Errors:
    """What cannot be used, by field: bodies, mails."""
    errors: Errors = {}
    if not can_keep_bodies(retention.bodies_days):
        errors["bodies"] = N_("Enter whole days from 0 to 3650, or nothing for ever.")
    if not can_keep_mails(retention.mails_days):
        errors["mails"] = N_("Enter whole days from 1 to 3650, or nothing for ever.")
    if not errors and outlives_mail(retention):
        errors["bodies"] = N_(
            "The content cannot be kept longer than its mail: enter at most as many days."
        )
    return errors


def _check(wanted: Retentions) -> None:
    errors = {
        f"{stream}-{field}": message
        for stream in Stream
        for field, message in retention_errors(wanted[stream]).items()
    }
    if errors:
        raise Invalid(errors)


def _unchanged(session: Session, version: str) -> Retentions:
    present = retentions(session)
    if _version(present) != version:
        session.rollback()
        raise StaleRetention(
            N_(
                "Somebody else changed how long mail is kept in the meantime, so nothing was "
                "saved. This is what holds now; make your change again."
            )
        )
    return present


def _audit(
    session: Session,
    actor: Actor,
    stream: Stream,
    before: Retention,
    after: Retention,
    *,
    now: datetime,
) -> None:
    record_change(
        session,
        actor,
        action="settings.retention_changed",
        subject=f"account_type:{stream}",
        was=_as_audited(before),
        is_now=_as_audited(after),
        now=now,
    )


def _as_audited(retention: Retention) -> dict[str, int | None]:
    return {"bodies_days": retention.bodies_days, "mails_days": retention.mails_days}


def _version(present: Retentions) -> str:
    words = repr([_as_audited(present[stream]) for stream in Stream])
    return hashlib.sha256(words.encode()).hexdigest()[:16]


def _seal(wanted: Retentions, version: str) -> str:
    return hashlib.sha256(f"{_version(wanted)} {version}".encode()).hexdigest()[:16]
