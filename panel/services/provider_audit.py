"""How a provider looks in the audit: its settings, and the word `changed` for its secret."""

from __future__ import annotations

from copy import copy
from typing import Any

from panel.storage.models import Provider

Settings = dict[str, Any]

_FIELDS = (
    "type",
    "driver",
    "name",
    "host",
    "port",
    "username",
    "encryption",
    "verify_certificate",
    "from_email",
    "from_name",
    "domains",
    "account_types",
    "settings",
    "service_type",
    "is_active",
    "per_second",
    "per_minute",
    "per_hour",
    "per_day",
    "elsewhere_per_second",
    "elsewhere_per_minute",
    "elsewhere_per_hour",
    "elsewhere_per_day",
)


def settings_of(provider: Provider) -> Settings:
    """The settings as JSON can hold them; neither the secret nor anything made of it."""
    values = {name: getattr(provider, name) for name in _FIELDS}
    return {name: copy(v) if isinstance(v, list | dict) else v for name, v in values.items()}


def difference(before: Settings, after: Settings) -> tuple[Settings, Settings]:
    """Only what changed, as it was and as it is."""
    names = [name for name in after if before.get(name) != after[name]]
    return {name: before.get(name) for name in names}, {name: after[name] for name in names}


def subject_of(provider: Provider) -> str:
    """The name of a provider in the audit."""
    return f"provider:{provider.id}"
