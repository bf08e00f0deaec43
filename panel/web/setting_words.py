"""Fields and values of what was or will be changed, in words: for imports and the audit."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from panel.domain.delivery import Stream
from panel.domain.permission import Role
from panel.domain.provider import Encryption, ProviderType, ServiceType
from panel.services.driver_choices import driver_label
from panel.web.forms.provider import STATUSES
from panel.web.labels import (
    DELIVERY_STATES,
    ENCRYPTIONS,
    PROVIDER_TYPES,
    ROLES,
    SERVICE_TYPES,
    STREAMS,
)
from panel.web.visible import visible

NOTHING = "–"
KEPT_FOR_EVER = frozenset({"bodies_days", "mails_days"})
"""Fields in which nothing says something."""
MOST_SHOWN = 20
"""Items of a list; how many more there are is said."""

FIELDS: dict[str, LazyString] = {
    "name": _l("Name"),
    "type": _l("Provider type"),
    "driver": _l("Driver"),
    "host": _l("Host"),
    "port": _l("Port"),
    "encryption": _l("Encryption"),
    "verify_certificate": _l("Verify the certificate"),
    "username": _l("User name"),
    "password": _l("Password"),
    "from_email": _l("From e-mail"),
    "from_name": _l("From name"),
    "domains": _l("Domains"),
    "account_types": _l("Account types"),
    "service_type": _l("Service type"),
    "status": _l("Status"),
    "is_active": _l("Active"),
    "per_second": _l("Per second"),
    "per_minute": _l("Per minute"),
    "per_hour": _l("Per hour"),
    "per_day": _l("Per day"),
    "elsewhere_per_second": _l("Used elsewhere, per second"),
    "elsewhere_per_minute": _l("Used elsewhere, per minute"),
    "elsewhere_per_hour": _l("Used elsewhere, per hour"),
    "elsewhere_per_day": _l("Used elsewhere, per day"),
    "settings": _l("Settings of the driver"),
    "override_reason": _l("Reason for doing without a test"),
    "copy_of": _l("Copy of"),
    "through": _l("Through"),
    "order": _l("Order"),
    "names": _l("Providers in their order"),
    "added": _l("Added"),
    "changed": _l("Changed"),
    "unchanged": _l("Unchanged"),
    "kept": _l("Kept"),
    "removed": _l("Removed"),
    "ok": _l("Passed"),
    "rule": _l("Cause"),
    "security": _l("Encryption"),
    "timeout_s": _l("Time limit in seconds"),
    "email": _l("E-mail"),
    "may_read_bodies": _l("May read contents"),
    "part": _l("Part"),
    "role": _l("Role"),
    "is_enabled": _l("May sign in"),
    "language": _l("Language"),
    "ended": _l("Sessions ended"),
    "slug": _l("Slug"),
    "may_use_house": _l("The house’s providers take over"),
    "cancelled": _l("Mails cancelled"),
    "users_removed": _l("Users removed"),
    "applications_revoked": _l("Applications revoked"),
    "streams": _l("Account types"),
    "from_domains": _l("From domains"),
    "rights": _l("Rights"),
    "partner": _l("Partner"),
    "unconfirmed": _l("When the answer is lost"),
    "unconfirmed_delay_s": _l("Seconds until then"),
    "expires_after_s": _l("Seconds until it expires"),
    "schedule_s": _l("Seconds between tries"),
    "bodies_days": _l("Days to keep contents"),
    "mails_days": _l("Days to keep mails and their log"),
    "state": _l("Status"),
    "message": _l("Message"),
    "messages": _l("Messages"),
    "deliveries": _l("Queue IDs"),
    "count": _l("Count"),
    "note": _l("Reason"),
    "to": _l("Recipient"),
    "after_s": _l("Seconds until it was confirmed"),
    "down": _l("Counted as down"),
    "stream": _l("Account type"),
    "result": _l("Result"),
    "taken_by": _l("Brought by"),
    "reason": _l("Cause"),
    "act": _l("What"),
    "recipient": _l("Recipient"),
    "left": _l("Left as they were"),
    "job": _l("Job"),
}
_WORDS: dict[str, tuple[type[StrEnum], Mapping[Any, LazyString]]] = {
    "type": (ProviderType, PROVIDER_TYPES),
    "encryption": (Encryption, ENCRYPTIONS),
    "security": (Encryption, ENCRYPTIONS),
    "service_type": (ServiceType, SERVICE_TYPES),
    "role": (Role, ROLES),
    "account_types": (Stream, STREAMS),
    "streams": (Stream, STREAMS),
    "stream": (Stream, STREAMS),
}
_SECRET_WORDS: dict[str, LazyString] = {
    "changed": _l("changed"),
    "removed": _l("removed"),
    "stored": _l("stored"),
}


def field_label(name: str) -> str:
    """The name of a field for people; a strange one as it is stored."""
    return str(FIELDS[name]) if name in FIELDS else visible(name.replace("_", " "))


def value_words(field: str, value: object) -> str:
    """The value of a field in words; a dash for nothing, and for lists what they hold."""
    if value is None and field in KEPT_FOR_EVER:
        return str(_("For ever"))
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if value is None or value in ("", [], (), {}):
        return NOTHING
    if isinstance(value, Mapping):
        return "; ".join(
            f"{field_label(str(k))}: {value_words(str(k), v)}" for k, v in value.items()
        )
    if isinstance(value, list | tuple):
        return _list_words(field, value)
    return _word(field, str(value))


def _list_words(field: str, values: list[object] | tuple[object, ...]) -> str:
    words = ", ".join(value_words(field, value) for value in values[:MOST_SHOWN])
    more = len(values) - MOST_SHOWN
    return _("%(items)s and %(more)s more", items=words, more=more) if more > 0 else words


def _word(field: str, text: str) -> str:
    if field in _WORDS:
        kind, labels = _WORDS[field]
        known = next((word for word in kind if word.value == text), None)
        return visible(text) if known is None else str(labels[known])
    labels_by_text: dict[str, Mapping[Any, LazyString]] = {
        "status": STATUSES,
        "password": _SECRET_WORDS,
        "state": {state.value: label for state, label in DELIVERY_STATES.items()},
    }
    if text in labels_by_text.get(field, {}):
        return str(labels_by_text[field][text])
    return driver_label(text) if field == "driver" else visible(text)
