"""Switching a provider on and off."""

from __future__ import annotations

from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.sending.wake import release_held
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.provider_audit import Settings, subject_of
from panel.services.provider_lists import held, refuse_last_active, refused
from panel.services.refusals import N_, Conflict
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queries import providers as queries

_LONGEST_REASON = 500


class NotVerified(Conflict):
    """Its present connection has not passed a test, and no reason to do without was given."""


def set_active(
    session: Session,
    actor: Actor,
    *,
    provider_id: int,
    is_active: bool,
    now: datetime,
    override_reason: str = "",
) -> Provider:
    """Switches the provider on or off; what it is already changes nothing.

    Raises NotVerified when it was not tested (an operator's `override_reason` is audited instead),
    LastActive when the house would have no active provider left.
    """
    authorise(actor, Permission.OWN_SMTP)
    provider, _ = held(session, actor, provider_id)
    if provider.is_active == is_active:
        session.commit()
        return provider
    reason = clean_reason(override_reason) if actor.may(Permission.CHANGE_PROVIDERS) else ""
    if is_active:
        _refuse_untested(session, provider, reason)
    else:
        refuse_last_active(session, provider)
    was_verified = provider.is_verified
    provider.is_active = is_active
    queries.bump_provider(session, provider, expected=provider.version, now=now)
    after: Settings = {"is_active": is_active}
    if is_active and not was_verified:
        after["override_reason"] = reason
    _record(session, actor, provider, after=after, now=now)
    if is_active:
        release_held(session, now=now)
    session.commit()
    return provider


def clean_reason(text: str) -> str:
    """A reason as the audit keeps it; empty when none was given."""
    return " ".join(text.split())[:_LONGEST_REASON]


def _refuse_untested(session: Session, provider: Provider, reason: str) -> None:
    if not provider.is_verified and not reason:
        message = N_("Test the connection first: only a provider that passed can be activated.")
        raise refused(session, NotVerified(message))


def _record(
    session: Session, actor: Actor, provider: Provider, *, after: Settings, now: datetime
) -> None:
    record(
        session,
        actor,
        action="provider.activated" if provider.is_active else "provider.deactivated",
        subject=subject_of(provider),
        before={"is_active": not provider.is_active},
        after=after,
        partner_id=provider.partner_id,
        now=now,
    )
