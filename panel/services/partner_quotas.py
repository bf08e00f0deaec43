"""The quota of a partner: kept to when its mail comes in, and shown with what is used of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from panel.domain.permission import Actor, Permission
from panel.domain.quota import Quota, hour_of, last_hours
from panel.services.access import authorise
from panel.services.partners import Partner
from panel.services.refusals import N_, NotAllowed, Refusal, TooMany
from panel.storage.database import Connection, Session
from panel.storage.queries import partner_hours


def count(
    connection: Connection, partner_id: int, quota: Quota, *, recipients: int, now: datetime
) -> Refusal | None:
    """Counts what is about to come in; a refusal, with nothing counted, when it is too much.

    The caller commits.
    """
    least = quota.least
    if least is not None and recipients > least:
        return NotAllowed(
            N_(
                "This request has %(recipients)s recipients, and the quota of the partner is"
                " %(least)s. Hand in fewer at once."
            ),
            recipients=recipients,
            least=least,
        )
    present = hour_of(now)
    # First, so that nobody else can count for the partner before this transaction has ended.
    partner_hours.add(connection, partner_id, hour_at=present, recipients=recipients)
    used = _used(connection, partner_id, now=now)
    used[-1] -= recipients
    wait = quota.hours_to_wait(used, recipients)
    if not wait:
        return None
    partner_hours.add(connection, partner_id, hour_at=present, recipients=-recipients)
    wait_s = round((present + timedelta(hours=wait) - now).total_seconds())
    return TooMany(
        N_("The quota of the partner is used up. Try again in %(minutes)s minutes."),
        wait_s=max(wait_s, 1),
        minutes=-(-wait_s // 60),
    )


def used_of_quota(
    session: Session, actor: Actor, partner: Partner, *, now: datetime
) -> tuple[int, int]:
    """Recipients in this clock hour, and in it and the 23 before."""
    authorise(actor, Permission.CHANGE_PARTNERS)
    used = _used(session.connection(), partner.id, now=now)
    return used[-1], sum(used)


def _used(connection: Connection, partner_id: int, *, now: datetime) -> list[int]:
    hours = last_hours(now)
    by_hour = partner_hours.used(connection, partner_id, since=hours[0])
    return [by_hour.get(hour, 0) for hour in hours]
