"""Shutting a partner out for a while, and for good."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from panel.domain.permission import EVERYTHING, Actor, Permission
from panel.domain.ruling import Choice
from panel.sending.wake import notify
from panel.services import application_tokens
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.partners import Partner, the_partner
from panel.services.provider_deletion import take_out
from panel.services.rulings import wish_of
from panel.storage.database import Session
from panel.storage.queries import partner_belongings as belongings
from panel.storage.queries import partners as queries
from panel.storage.queries import providers
from panel.storage.queries.partner_belongings import Belongings
from panel.storage.queue.rulings import Wish, carry_out

BATCH = 1_000
"""Mails that are cancelled in one transaction."""


def what_is_concerned(session: Session, actor: Actor, *, slug: str) -> tuple[Partner, Belongings]:
    """The partner, and how much mail and how many people and programs it would meet."""
    authorise(actor, Permission.CHANGE_PARTNERS)
    partner = the_partner(session, actor, slug)
    return partner, belongings.belongings(session, partner.id)


def set_enabled(
    session: Session, actor: Actor, *, slug: str, is_enabled: bool, now: datetime
) -> Partner:
    """Lets the partner's people and applications in again, or shuts them out at once.

    Mail that was accepted is still sent.
    """
    authorise(actor, Permission.CHANGE_PARTNERS)
    partner = the_partner(session, actor, slug)
    if partner.is_enabled == is_enabled:
        return partner
    partner.is_enabled = is_enabled
    if not is_enabled:
        _shut_out(session, partner, now=now)
    record(
        session,
        actor,
        action="partner.enabled" if is_enabled else "partner.disabled",
        subject=f"partner:{partner.id}",
        partner_id=partner.id,
        now=now,
    )
    session.commit()
    return partner


def delete_partner(session: Session, actor: Actor, *, slug: str, now: datetime) -> str:
    """Deletes a partner with its people, applications and servers; its name.

    Mail that waits is cancelled, what is being sent at the moment goes out; its log stays. When
    it is interrupted the partner is disabled, and can be deleted again.
    """
    authorise(actor, Permission.CHANGE_PARTNERS)
    partner = set_enabled(session, actor, slug=slug, is_enabled=False, now=now)
    cancelled = _cancel_all(session, actor, partner.id, now=now)
    partner = the_partner(session, actor, slug)
    counted = belongings.belongings(session, partner.id)
    revoked = belongings.revoke_all(session, partner.id, now=now)
    for row in providers.listed(session, partner.id, scope=EVERYTHING):
        take_out(session, actor, row.provider, now=now)
    belongings.remove_people(session, belongings.all_people(session, partner.id), now=now)
    queries.bury(partner, now=now)
    record(
        session,
        actor,
        action="partner.deleted",
        subject=f"partner:{partner.id}",
        before={"slug": slug, "name": partner.name},
        after={
            "cancelled": cancelled,
            "users_removed": counted.users,
            "applications_revoked": len(revoked),
        },
        partner_id=partner.id,
        now=now,
    )
    notify(session)
    session.commit()
    for application_id in revoked:
        application_tokens.forget(application_id)
    return partner.name


def _shut_out(session: Session, partner: Partner, *, now: datetime) -> None:
    belongings.end_all_sessions(session, partner.id, now=now)
    for application in belongings.applications(session, partner.id):
        application_tokens.forget(application.id)


def _cancel_all(session: Session, actor: Actor, partner_id: int, *, now: datetime) -> int:
    """In transactions of their own, so that workers are not kept waiting; how many there were."""
    cancelled, last = 0, 0
    wishes = [
        wish_of(actor, choice, note="", now=now) for choice in (Choice.CANCEL, Choice.GIVE_UP)
    ]
    while True:
        ids = belongings.waiting_ids(session, partner_id, beyond=last, limit=BATCH)
        if not ids:
            return cancelled
        cancelled += sum(_carry_out(session, wish, ids) for wish in wishes)
        session.commit()
        last = ids[-1]


def _carry_out(session: Session, wish: Wish, ids: Sequence[int]) -> int:
    return len(carry_out(session, EVERYTHING, wish, ids=ids))
