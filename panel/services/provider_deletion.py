"""Deleting a provider."""

from __future__ import annotations

from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.provider_audit import settings_of, subject_of
from panel.services.provider_lists import held, note_list_change, present, refuse_last_active
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queries.provider_mail import WaitingMail, waiting_mail


def what_waits(session: Session, actor: Actor, *, provider_id: int) -> tuple[Provider, WaitingMail]:
    """The provider, and the mail that goes on elsewhere when it is deleted."""
    authorise(actor, Permission.OWN_SMTP)
    provider = present(session, actor, provider_id)
    return provider, waiting_mail(session, provider.id)


def delete(session: Session, actor: Actor, *, provider_id: int, now: datetime) -> Provider:
    """Takes the provider from its list and wipes its secret; its row stays for the mailing log.

    Raises LastActive when the house would have no active provider left.
    """
    authorise(actor, Permission.OWN_SMTP)
    provider, whole = held(session, actor, provider_id)
    refuse_last_active(session, provider)
    take_out(session, actor, provider, now=now)
    note_list_change(session, whole, by=actor.name, now=now)
    session.commit()
    return provider


def take_out(session: Session, actor: Actor, provider: Provider, *, now: datetime) -> None:
    """Deletes a provider whose list is held, with its row in the audit; the caller commits."""
    authorise(actor, Permission.OWN_SMTP)
    before = settings_of(provider)
    if provider.secret is not None:
        before["password"] = "stored"
    provider.deleted_at, provider.updated_at, provider.is_active = now, now, False
    provider.secret, provider.secret_key_id = None, ""
    record(
        session,
        actor,
        action="provider.deleted",
        subject=subject_of(provider),
        before=before,
        partner_id=provider.partner_id,
        now=now,
    )
