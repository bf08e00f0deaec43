"""Live connection tests of saved and of entered values, as they happen.

The iterators hold no transaction: they read before the first event and write after the last one,
also when nobody listens to the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from panel.domain.connection_test import ConnectionTest
from panel.domain.permission import Actor, Permission
from panel.sending.health import note_certificate, reset
from panel.sending.wake import release_held
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.connection_runs import Event, start
from panel.services.installation import Installation
from panel.services.provider_audit import subject_of
from panel.services.provider_checks import clean, connection_errors
from panel.services.provider_lists import held, present, refuse_foreign_owner
from panel.services.provider_secrets import Use, chosen_secret, stored_secret
from panel.services.provider_values import ConnectionValues
from panel.services.refusals import Invalid, NotFound
from panel.storage.database import Session
from panel.storage.models import Provider

__all__ = ["Event", "answer", "note_test", "of_draft", "of_saved", "remember"]


def of_saved(
    session: Session,
    actor: Actor,
    *,
    provider_id: int,
    installation: Installation,
    now: datetime,
) -> Iterator[Event]:
    """Begins the test of a saved provider. When it passes, the provider is verified."""
    authorise(actor, Permission.OWN_SMTP)
    provider = present(session, actor, provider_id)
    events = start(
        session,
        provider.identity,
        secret=stored_secret(provider, installation.vault),
        installation=installation,
        partner_id=provider.partner_id,
    )
    keep = _keeper(session, actor, provider, now)
    return _to_the_end(events, keep)


def of_draft(
    session: Session,
    actor: Actor,
    *,
    values: ConnectionValues,
    provider_id: int | None,
    installation: Installation,
    now: datetime,
    partner_id: int | None = None,
) -> Iterator[Event]:
    """Begins the test of entered values, of a new provider or of the one that is being edited.

    Raises Invalid with a message for each field that prevents it; an empty password stands for
    the stored one only where everything else is as saved.
    """
    is_stored = provider_id is not None
    authorise(actor, Permission.OWN_SMTP if is_stored else Permission.TEST_CONNECTIONS)
    if not is_stored:
        refuse_foreign_owner(actor, partner_id)
    values = clean(values)
    errors = connection_errors(values)
    if errors:
        raise Invalid(errors)
    provider = present(session, actor, provider_id) if provider_id is not None else None
    secret = chosen_secret(values, provider, vault=installation.vault)
    owner = provider.partner_id if provider else partner_id
    events = start(
        session, values.identity, secret=secret, installation=installation, partner_id=owner
    )
    if provider and secret.use is Use.KEEP and provider.identity == values.identity:
        return _to_the_end(events, _keeper(session, actor, provider, now))
    return _to_the_end(events, _noter(session, actor, owner, now))


def remember(provider: Provider, test: ConnectionTest, *, actor: Actor, now: datetime) -> None:
    """Marks the present connection as verified when it has passed."""
    if test.ok:
        provider.verified_identity = provider.identity_digest
        provider.verified_at = now
        provider.verified_by = actor.name


def note_test(
    session: Session,
    actor: Actor,
    subject: str,
    *,
    test: ConnectionTest,
    partner_id: int | None,
    now: datetime,
) -> None:
    """Puts a finished test into the audit, passed or failed; the caller commits."""
    authorise(actor, Permission.TEST_CONNECTIONS)
    tested = asdict(test.connection) | {"ok": test.ok}
    record(
        session,
        actor,
        action="provider.tested",
        subject=subject,
        after=tested | ({"rule": test.error.rule} if test.error else {}),
        partner_id=partner_id,
        now=now,
    )


def answer(test: ConnectionTest, *, message: str, advice: str) -> dict[str, Any]:
    """The test as programs get it; `message` and `advice` explain the fault in words."""
    error = None
    if test.error is not None:
        error = {
            "step": test.error.step,
            "message": message,
            "advice": advice,
            "reply": test.error.reply,
        }
    return {
        "ok": test.ok,
        "connection": asdict(test.connection),
        "steps": [asdict(step) for step in test.steps],
        "extensions": list(test.extensions),
        "tls": asdict(test.tls) if test.tls else None,
        "auth": asdict(test.auth) if test.auth else None,
        "error": error,
    }


def _to_the_end(
    events: Iterator[Event], finish: Callable[[ConnectionTest], None]
) -> Iterator[Event]:
    event: Event | None = None
    try:
        for event in events:
            yield event
    finally:
        for event in events:  # noqa: B007 - nobody listens any more, but the test goes on
            pass
        if isinstance(event, ConnectionTest):
            finish(event)


def _keeper(
    session: Session, actor: Actor, provider: Provider, now: datetime
) -> Callable[[ConnectionTest], None]:
    provider_id, tested = provider.id, provider.identity_digest

    def keep(test: ConnectionTest) -> None:
        try:
            present_one, _ = held(session, actor, provider_id)
        except NotFound:
            session.rollback()
            return
        # Edited while the test ran: what passed is not what is there now.
        is_same = present_one.identity_digest == tested
        if is_same:
            note_certificate(session, present_one, test)
        if test.ok and is_same:
            remember(present_one, test, actor=actor, now=now)
            reset(session, provider_id)
            release_held(session, now=now)
        owner = present_one.partner_id
        note_test(session, actor, subject_of(present_one), test=test, partner_id=owner, now=now)
        session.commit()

    return keep


def _noter(
    session: Session, actor: Actor, partner_id: int | None, now: datetime
) -> Callable[[ConnectionTest], None]:
    def note(test: ConnectionTest) -> None:
        note_test(session, actor, "provider:new", test=test, partner_id=partner_id, now=now)
        session.commit()

    return note
