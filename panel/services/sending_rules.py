"""The sending rules of each kind of mail: lost answers, further tries, and when to give up."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from panel.domain.delivery import POLICIES, Stream, StreamPolicy
from panel.domain.permission import Actor, Permission
from panel.domain.ruling import SHORT_LIFE
from panel.sending.wake import notify
from panel.services.access import authorise
from panel.services.audit import record_change
from panel.services.refusals import N_, Conflict, Invalid
from panel.storage.database import Session
from panel.storage.queries.policies import hold_policies, store_policy, stream_policies

__all__ = ["POLICIES", "SendingRules", "StaleRules", "change_rules", "rule_errors", "show_rules"]

LONGEST_DELAY = timedelta(days=1)
LONGEST_LIFE = timedelta(days=30)
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(days=1)
MOST_PAUSES = 20
Errors = dict[str, str]


class StaleRules(Conflict):
    """Somebody else saved the rules since the form was opened."""


@dataclass(frozen=True, slots=True)
class SendingRules:
    """What holds now; `version` changes with it."""

    policies: Mapping[Stream, StreamPolicy]
    version: str


def show_rules(session: Session, actor: Actor) -> SendingRules:
    """The rules of all kinds of mail."""
    authorise(actor, Permission.CHANGE_SETTINGS)
    return _present(session)


def change_rules(
    session: Session,
    actor: Actor,
    *,
    policies: Mapping[Stream, StreamPolicy],
    version: str,
    now: datetime,
) -> SendingRules:
    """Saves the rules of all kinds of mail, or none; what holds then.

    `version` is the one that they were changed from. Raises Invalid with a message for each field,
    named like `crm-schedule`, and StaleRules. Mail that is on its way keeps its time limit; what
    waits for a person's decision goes on waiting for it.
    """
    authorise(actor, Permission.CHANGE_SETTINGS)
    errors = {
        f"{stream}-{field}": message
        for stream in Stream
        for field, message in rule_errors(policies[stream]).items()
    }
    if errors:
        raise Invalid(errors)
    hold_policies(session)
    before = _present(session)
    if before.version != version:
        session.rollback()
        message = N_(
            "Somebody else changed the sending rules in the meantime, so nothing was saved. "
            "These are the rules now; make your change again."
        )
        raise StaleRules(message)
    for stream in Stream:
        _store(session, actor, stream, before.policies[stream], policies[stream], now=now)
    notify(session)
    session.commit()
    return _present(session)


def rule_errors(policy: StreamPolicy) -> Errors:
    """What cannot be used, by field: delay, expires, schedule."""
    errors: Errors = {}
    if not timedelta(0) <= policy.unconfirmed_delay <= LONGEST_DELAY:
        errors["delay"] = N_("Enter whole seconds from 0 to 86400.")
    if not SHORT_LIFE <= policy.expires_after <= LONGEST_LIFE:
        errors["expires"] = N_("Enter whole hours from 1 to 720.")
    fits = all(SHORTEST_PAUSE <= pause <= LONGEST_PAUSE for pause in policy.schedule)
    if not fits or not 1 <= len(policy.schedule) <= MOST_PAUSES:
        errors["schedule"] = N_(
            "Enter 1 to 20 whole minutes from 1 to 1440 with commas between, "
            "for example 1, 5, 15, 60."
        )
    return errors


def _present(session: Session) -> SendingRules:
    policies = stream_policies(session)
    words = repr([_as_audited(policies[stream]) for stream in Stream])
    return SendingRules(policies, hashlib.sha256(words.encode()).hexdigest()[:16])


def _store(
    session: Session,
    actor: Actor,
    stream: Stream,
    before: StreamPolicy,
    after: StreamPolicy,
    *,
    now: datetime,
) -> None:
    if before == after:
        return
    store_policy(session, stream, after)
    record_change(
        session,
        actor,
        action="settings.sending_rules_changed",
        subject=f"account_type:{stream}",
        was=_as_audited(before),
        is_now=_as_audited(after),
        now=now,
    )


def _as_audited(policy: StreamPolicy) -> dict[str, Any]:
    return {
        "unconfirmed": policy.unconfirmed.value,
        "unconfirmed_delay_s": int(policy.unconfirmed_delay.total_seconds()),
        "expires_after_s": int(policy.expires_after.total_seconds()),
        "schedule_s": [int(pause.total_seconds()) for pause in policy.schedule],
    }
