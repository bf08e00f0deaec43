"""Importing providers of the house: first a preview, then the whole of it in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from panel.domain.permission import Actor, Permission
from panel.sending.health import reset
from panel.sending.wake import release_held
from panel.services.access import authorise
from panel.services.audit import record
from panel.services.installation import Installation
from panel.services.provider_audit import Settings, difference, settings_of, subject_of
from panel.services.provider_deletion import take_out
from panel.services.provider_document_reader import Reading, read
from panel.services.provider_entry import enter
from panel.services.provider_import_plan import Fate, Line, Plan, make_plan
from panel.services.provider_lists import note_list_change, refuse_foreign_owner, refused
from panel.services.provider_secrets import Choice, Use
from panel.services.refusals import N_, Conflict
from panel.storage.database import Session
from panel.storage.models import Provider, ProviderList
from panel.storage.queries import providers as queries

__all__ = ["Fate", "Line", "Plan", "StaleImport", "apply", "preview"]


class StaleImport(Conflict):
    """The list is not any more as the preview showed it; `plan` is the import as it would be now.

    It has faults when the document does not fit the list any more.
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__(
            N_(
                "The providers changed since the preview, so nothing was imported. This is what "
                "the import would do now."
            )
        )
        self.plan = plan


def preview(session: Session, actor: Actor, *, raw: bytes, removes_missing: bool) -> Plan:
    """What an import of this document would do, or its faults; changes nothing."""
    authorise(actor, Permission.CHANGE_PROVIDERS)
    refuse_foreign_owner(actor, None)
    whole = queries.the_list(session, None)
    present = _present(session, actor)
    return _plan(session, read(raw), present, whole, removes_missing=removes_missing)


def apply(
    session: Session,
    actor: Actor,
    *,
    raw: bytes,
    removes_missing: bool,
    fingerprint: str,
    installation: Installation,
    now: datetime,
) -> Plan:
    """Carries out the plan with this fingerprint, whole or not at all.

    Raises StaleImport when document and list do not make that plan.
    """
    authorise(actor, Permission.CHANGE_PROVIDERS)
    refuse_foreign_owner(actor, None)
    whole = queries.hold_list(session, None)
    present = _present(session, actor)
    plan = _plan(session, read(raw), present, whole, removes_missing=removes_missing)
    if plan.faults or plan.fingerprint != fingerprint:
        raise refused(session, StaleImport(plan))
    if not plan.is_empty:
        names = [provider.name for provider in present]
        _carry_out(session, actor, plan, installation=installation, now=now)
        note_list_change(session, whole, by=actor.name, now=now)
        _record_whole(session, actor, plan, f"providers:{whole.owner}", names, now=now)
    session.commit()
    return plan


def _present(session: Session, actor: Actor) -> list[Provider]:
    return [row.provider for row in queries.listed(session, None, scope=actor.scope)]


def _plan(
    session: Session,
    reading: Reading,
    present: Sequence[Provider],
    whole: ProviderList | None,
    *,
    removes_missing: bool,
) -> Plan:
    names = [entry.name.strip() for _, entry in reading.entries]
    # What no name can be is a fault of its own; not every database would take it as a text.
    odd = {name: name for name in names if not name.isprintable()}
    known = [*(provider.name for provider in present), *(n for n in names if n not in odd)]
    return make_plan(
        reading,
        present,
        keys=queries.name_keys(session, known) | odd,
        list_version=whole.version if whole else 0,
        removes_missing=removes_missing,
    )


def _carry_out(
    session: Session, actor: Actor, plan: Plan, *, installation: Installation, now: datetime
) -> None:
    position = 0
    for line in plan.lines:
        if line.fate is Fate.REMOVED and line.provider is not None:
            take_out(session, actor, line.provider, now=now)
            continue
        provider = line.provider
        if line.fate in (Fate.ADDED, Fate.CHANGED):
            provider = _write(session, actor, line, installation=installation, now=now)
        if provider is not None:
            provider.position = position
        position += 1
    if plan.of(Fate.ADDED) or plan.of(Fate.CHANGED):
        release_held(session, now=now)


def _write(
    session: Session, actor: Actor, line: Line, *, installation: Installation, now: datetime
) -> Provider:
    """Adds or changes one provider, with its row in the audit."""
    entry = line.entry
    assert entry is not None  # noqa: S101 - what is written has an entry
    values = entry.values()
    provider = line.provider or Provider(created_at=now, updated_at=now)
    before = settings_of(provider) if line.provider else {}
    loses_secret = provider.secret is not None and provider.identity != values.connection.identity
    if line.provider:
        queries.bump_provider(session, provider, expected=provider.version, now=now)
    secret = Choice(Use.REMOVE if loses_secret else Use.KEEP, "")
    enter(provider, values, secret, installation=installation, actor=actor, now=now)
    provider.is_active = entry.is_active
    session.add(provider)
    session.flush()
    if line.provider:
        reset(session, provider.id)
    was, is_now = difference(before, settings_of(provider))
    after: Settings = is_now | ({"password": "removed"} if loses_secret else {})
    record(
        session,
        actor,
        action="provider.changed" if line.provider else "provider.created",
        subject=subject_of(provider),
        before=was,
        after=after | {"through": "import"},
        partner_id=provider.partner_id,
        now=now,
    )
    return provider


def _record_whole(
    session: Session, actor: Actor, plan: Plan, subject: str, names: list[str], *, now: datetime
) -> None:
    staying = [line.name for line in plan.lines if line.fate is not Fate.REMOVED]
    counts = {fate.value: len(plan.of(fate)) for fate in Fate}
    record(
        session,
        actor,
        action="providers.imported",
        subject=subject,
        before={"names": names},
        after={"names": staying} | counts,
        now=now,
    )
