"""Events of the audit in words: what was done, to what, and each field as it was and is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.domain.delivery import Stream
from panel.services.audit_trail import Event, Named, Trail
from panel.web.explanations import explain
from panel.web.labels import STREAMS
from panel.web.setting_words import NOTHING, field_label, value_words
from panel.web.visible import visible

ACTIONS: dict[str, LazyString] = {
    "provider.created": _l("Provider added"),
    "provider.changed": _l("Provider changed"),
    "provider.duplicated": _l("Provider duplicated"),
    "provider.activated": _l("Provider switched on"),
    "provider.deactivated": _l("Provider switched off"),
    "provider.deleted": _l("Provider deleted"),
    "provider.tested": _l("Connection tested"),
    "provider.test_mail": _l("Test mail sent"),
    "provider.delivery_confirmed": _l("Delivery confirmed"),
    "drill.started": _l("Failover drill started"),
    "drill.ended": _l("Failover drill ended"),
    "providers.reordered": _l("Order of providers changed"),
    "providers.imported": _l("Providers imported"),
    "queue.retried": _l("Mail sent now"),
    "queue.sent_again": _l("Mail sent again"),
    "queue.counted_as_sent": _l("Mail counted as sent"),
    "queue.given_up": _l("Mail given up"),
    "queue.held": _l("Mail held"),
    "queue.released": _l("Mail released"),
    "queue_job.started": _l("Queue job started"),
    "queue_job.stopped": _l("Queue job stopped"),
    "queue_job.ended": _l("Queue job ended"),
    "queue.cancelled": _l("Mail cancelled"),
    "queue.deleted": _l("Mail deleted"),
    "message.read": _l("Content read"),
    "message.resent": _l("Mail sent once more"),
    "user.bodies_allowed": _l("May read contents"),
    "message.cancelled": _l("Mail cancelled by its application"),
    "settings.sending_rules_changed": _l("Sending rules changed"),
    "settings.retention_changed": _l("Retention changed"),
    "partner.added": _l("Partner added"),
    "partner.changed": _l("Partner changed"),
    "partner.enabled": _l("Partner let in again"),
    "partner.disabled": _l("Partner shut out"),
    "partner.deleted": _l("Partner deleted"),
    "application.added": _l("Application added"),
    "application.revoked": _l("Application revoked"),
    "user.added": _l("User added"),
    "user.role_changed": _l("Role changed"),
    "user.disabled": _l("User shut out"),
    "user.enabled": _l("User let in again"),
    "user.removed": _l("User removed"),
    "user.link_made": _l("Link to set a password made"),
    "user.password_set": _l("Password set"),
    "user.password_changed": _l("Password changed"),
    "user.language_changed": _l("Language changed"),
    "session.begun": _l("Signed in"),
    "session.ended": _l("Signed out"),
    "session.others_ended": _l("Signed out everywhere else"),
    "sign_in.refused": _l("Sign-in refused"),
    "database.restored": _l("Database restored"),
}
_KINDS: dict[str, LazyString] = {
    "provider": _l("Provider"),
    "user": _l("User"),
    "partner": _l("Partner"),
    "application": _l("Application"),
    "delivery": _l("Queue ID"),
    "message": _l("Message"),
    "drill": _l("Failover drill"),
    "queue_job": _l("Queue job"),
}
PLACES: dict[str, LazyString] = {
    "queue": _l("Queue"),
    "providers:house": _l("List of providers"),
    "provider:new": _l("A provider that was not saved"),
    "user:unknown": _l("Nobody known here"),
}


_SUMMED_UP = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One field; `before` or `after` is None where the event does not have it."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """What `templates/audit/` show of one event; `subject_url` may be empty."""

    id: int
    at: datetime
    actor: str
    address: str
    action: str
    is_failed: bool
    subject: str
    subject_url: str
    changes: tuple[Change, ...]

    @property
    def summary(self) -> str:
        """The first fields by name, and how many there are beyond them."""
        named = ", ".join(change.label for change in self.changes[:_SUMMED_UP])
        more = len(self.changes) - _SUMMED_UP
        return str(_("%(items)s and %(more)s more", items=named, more=more)) if more > 0 else named


def shown_events(trail: Trail) -> tuple[ShownEvent, ...]:
    """The events of a page in words."""
    return tuple(_shown(event, trail.names) for event in trail.page.rows)


def action_label(action: str) -> str:
    """What was done; one that this version does not know as it is stored."""
    return str(ACTIONS[action]) if action in ACTIONS else visible(action)


def _shown(event: Event, names: Mapping[str, Named]) -> ShownEvent:
    return ShownEvent(
        id=event.id,
        at=event.at,
        actor=visible(event.actor),
        address=visible(event.address),
        action=_action(event),
        is_failed=event.after.get("ok") is False or event.action == "sign_in.refused",
        subject=_subject(event.subject, names),
        subject_url=_subject_url(event, names),
        changes=tuple(_changes(event, names)),
    )


def _action(event: Event) -> str:
    if event.action == "provider.tested":
        is_passed = event.after.get("ok")
        return str(_("Connection test passed") if is_passed else _("Connection test failed"))
    return action_label(event.action)


def _subject(subject: str, names: Mapping[str, Named]) -> str:
    kind, _colon, key = subject.partition(":")
    if subject in names:
        return f"{_KINDS[kind]} {visible(names[subject].name)}"
    if subject in PLACES:
        return str(PLACES[subject])
    if kind == "account_type" and key in set(Stream):
        return str(STREAMS[Stream(key)])
    return f"{_KINDS[kind]} {visible(key)}" if kind in _KINDS else visible(subject)


def _subject_url(event: Event, names: Mapping[str, Named]) -> str:
    subject = event.subject
    kind, _colon, key = subject.partition(":")
    if event.action == "settings.retention_changed":
        return url_for("retention.show")
    if kind == "provider" and subject in names and names[subject].is_there:
        return url_for("providers.show", id=int(key))
    if kind == "message":
        return url_for("messages.show", id=key)
    if subject == "providers:house":
        return url_for("providers.index")
    return url_for("settings.sending") if kind == "account_type" else ""


def _changes(event: Event, names: Mapping[str, Named]) -> list[Change]:
    """Every field of the event; what says nothing, or the same in both, is left out."""
    fields = dict.fromkeys([*event.after, *event.before])
    changes = [
        Change(
            label=field_label(field),
            before=_value(field, event.before[field], names) if field in event.before else None,
            after=_value(field, event.after[field], names) if field in event.after else None,
        )
        for field in fields
    ]
    return [
        change
        for change in changes
        if {change.before, change.after} - {NOTHING, None} and change.before != change.after
    ]


def _value(field: str, value: object, names: Mapping[str, Named]) -> str:
    if field == "copy_of":
        return _subject(str(value), names)
    if field == "rule":
        return str(explain(str(value)).cause)
    if field == "order" and isinstance(value, list):
        return ", ".join(_place(str(entry), names) for entry in value)
    return value_words(field, value)


def _place(entry: str, names: Mapping[str, Named]) -> str:
    """One entry of an order: a provider, or where the fallbacks begin."""
    if entry == "divider":
        return str(_("(fallbacks:)"))
    named = names.get(f"provider:{entry}")
    return visible(named.name) if named else visible(entry)
