"""Creating and changing providers.

Saving as active tests the connection first, between the checks and the writing: no transaction is
open while a server is asked. The version of the row guards what happens meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import Actor, Permission
from panel.sending.health import note_certificate, reset
from panel.sending.wake import release_held
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.connection_runs import last, start
from panel.services.connection_tests import note_test, remember
from panel.services.installation import Installation
from panel.services.provider_activation import clean_reason
from panel.services.provider_audit import Settings, difference, settings_of, subject_of
from panel.services.provider_checks import clean_values, provider_errors
from panel.services.provider_entry import enter
from panel.services.provider_lists import (
    LastActive,
    held,
    place_last,
    present,
    refuse_foreign_owner,
    refuse_last_active,
    refuse_taken_name,
    refused,
)
from panel.services.provider_secrets import Choice, Use, chosen_secret
from panel.services.provider_values import ProviderValues
from panel.services.refusals import N_, Conflict, Invalid
from panel.storage.database import Session
from panel.storage.models import Provider
from panel.storage.queries import providers as queries


@dataclass(frozen=True, slots=True)
class Saved:
    """What was saved; `test` is None where none was needed."""

    provider: Provider
    test: ConnectionTest | None
    lacks_primary: bool = False
    """Its list holds nothing but fallbacks."""

    @property
    def is_put_aside(self) -> bool:
        """It should have become active, but the test failed: it was saved inactive."""
        return self.test is not None and not self.test.ok and not self.provider.is_active

    @property
    def is_overridden(self) -> bool:
        """The test failed, but a reason was given: it is active all the same."""
        return self.test is not None and not self.test.ok and self.provider.is_active


class StaleEdit(Conflict):
    """Somebody else saved the provider since the form was opened."""


def create(
    session: Session,
    actor: Actor,
    *,
    values: ProviderValues,
    installation: Installation,
    now: datetime,
    partner_id: int | None = None,
    override_reason: str = "",
) -> Saved:
    """Adds a provider at the end of its group. Raises Invalid with a message for each field.

    With an `override_reason`, which is audited, it becomes active though its test fails.
    """
    authorise(actor, Permission.OWN_SMTP)
    refuse_foreign_owner(actor, partner_id)
    values = _checked(session, values, partner_id, except_id=None)
    secret = chosen_secret(values.connection, None, vault=installation.vault)
    test = _tested(session, values, secret, installation, partner_id) if values.is_active else None
    whole = queries.hold_list(session, partner_id)
    refuse_taken_name(session, partner_id, name=values.name, except_id=None)
    provider = Provider(partner_id=partner_id, created_at=now, updated_at=now)
    enter(provider, values, secret, installation=installation, actor=actor, now=now)
    reason = _override(actor, test, override_reason)
    provider.is_active = test is not None and (test.ok or bool(reason))
    session.add(provider)
    session.flush()
    place_last(session, whole, provider, by=actor.name, now=now)
    noted = _secret_change(secret) | reason
    return _finish(session, actor, provider, test, before={}, noted=noted, now=now)


def change(
    session: Session,
    actor: Actor,
    *,
    provider_id: int,
    values: ProviderValues,
    version: int | None,
    installation: Installation,
    now: datetime,
    override_reason: str = "",
) -> Saved:
    """Saves the whole form of a provider; `version` is the one that the form was opened on.

    With an `override_reason`, which is audited, it is active though its test fails.

    Raises Invalid with a message for each field, StaleEdit, or LastActive when the house would
    have no active provider left; the test that failed is then in its `test`.
    """
    authorise(actor, Permission.OWN_SMTP)
    provider = present(session, actor, provider_id)
    opened = provider.version if version is None else version
    _refuse_stale(session, provider, opened)
    values = _checked(session, values, provider.partner_id, except_id=provider.id)
    secret = chosen_secret(values.connection, provider, vault=installation.vault)
    test = None
    if _needs_test(provider, values, secret):
        test = _tested(session, values, secret, installation, provider.partner_id)
    provider, whole = held(session, actor, provider_id)
    _refuse_stale(session, provider, opened)
    refuse_taken_name(session, provider.partner_id, name=values.name, except_id=provider.id)
    reason = _override(actor, test, override_reason)
    is_active = values.is_active and (test is None or test.ok or bool(reason))
    if not is_active:
        _refuse_last_active(session, actor, provider, test=test, now=now)
    before, group = settings_of(provider), provider.service_type
    queries.bump_provider(session, provider, expected=opened, now=now)
    enter(provider, values, secret, installation=installation, actor=actor, now=now)
    provider.is_active = is_active
    if provider.service_type is not group:
        place_last(session, whole, provider, by=actor.name, now=now)
    reset(session, provider.id)
    noted = _secret_change(secret) | reason
    return _finish(session, actor, provider, test, before=before, noted=noted, now=now)


def _override(actor: Actor, test: ConnectionTest | None, reason: str) -> Settings:
    """The reason as the audit has it; nothing where no test failed. Only the house gives one."""
    given = clean_reason(reason) if actor.may(Permission.CHANGE_PROVIDERS) else ""
    return {"override_reason": given} if given and test is not None and not test.ok else {}


def _checked(
    session: Session, values: ProviderValues, partner_id: int | None, *, except_id: int | None
) -> ProviderValues:
    values = clean_values(values)
    errors = provider_errors(values)
    if errors:
        raise refused(session, Invalid(errors))
    refuse_taken_name(session, partner_id, name=values.name, except_id=except_id)
    return values


def _refuse_stale(session: Session, provider: Provider, opened: int) -> None:
    if provider.version != opened:
        message = N_(
            "Somebody else changed this provider in the meantime, so nothing was saved. "
            "This is how it is now; make your change again."
        )
        raise refused(session, StaleEdit(message))


def _refuse_last_active(
    session: Session,
    actor: Actor,
    provider: Provider,
    *,
    test: ConnectionTest | None,
    now: datetime,
) -> None:
    """The test that failed is in the audit although nothing is saved."""
    try:
        refuse_last_active(session, provider)
    except LastActive as error:
        error.test = test
        if test is not None:
            owner = provider.partner_id
            note_test(session, actor, subject_of(provider), test=test, partner_id=owner, now=now)
            session.commit()
        raise


def _needs_test(provider: Provider, values: ProviderValues, secret: Choice) -> bool:
    """An active provider whose connection stays the same is not interrupted by a test."""
    is_same = provider.identity == values.connection.identity and secret.use is Use.KEEP
    return values.is_active and not (provider.is_active and is_same)


def _tested(
    session: Session,
    values: ProviderValues,
    secret: Choice,
    installation: Installation,
    partner_id: int | None,
) -> ConnectionTest:
    return last(
        start(
            session,
            values.connection.identity,
            secret=secret,
            installation=installation,
            partner_id=partner_id,
        )
    )


def _finish(
    session: Session,
    actor: Actor,
    provider: Provider,
    test: ConnectionTest | None,
    *,
    before: Settings,
    noted: Settings,
    now: datetime,
) -> Saved:
    """Audit, wake-up and commit, alike for a new and for a changed provider."""
    if test is not None:
        remember(provider, test, actor=actor, now=now)
        owner = provider.partner_id
        note_test(session, actor, subject_of(provider), test=test, partner_id=owner, now=now)
        note_certificate(session, provider, test)
    was, is_now = difference(before, settings_of(provider))
    record(
        session,
        actor,
        action="provider.changed" if before else "provider.created",
        subject=subject_of(provider),
        before=was,
        after=is_now | noted,
        partner_id=provider.partner_id,
        now=now,
    )
    if provider.is_active:
        release_held(session, now=now)
    lacks_primary = not queries.has_primary(session, provider.partner_id)
    session.commit()
    return Saved(provider, test, lacks_primary)


def _secret_change(secret: Choice) -> Settings:
    words = {Use.REPLACE: "changed", Use.REMOVE: "removed"}
    return {"password": words[secret.use]} if secret.use in words else {}
