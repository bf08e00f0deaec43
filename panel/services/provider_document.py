"""The document in which providers are carried from one Postroom to another; never with a secret.

`docs/export.md` describes it for people. Its fields are named as in the form.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, Limits, ProviderType, ServiceType
from panel.services.driver_choices import declared_settings
from panel.services.provider_checks import clean_values
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.storage.models import Provider

FORMAT = "postroom-providers"
VERSION = 1


class Status(StrEnum):
    """Whether a provider is in use."""

    ACTIVE = "active"
    INACTIVE = "inactive"


@dataclass(frozen=True, slots=True)
class Entry:
    """One provider as a document holds it; that its values can be used is not said."""

    name: str
    type: ProviderType
    driver: str
    host: str
    port: int
    encryption: Encryption
    verify_certificate: bool
    username: str
    from_email: str
    from_name: str
    domains: tuple[str, ...]
    account_types: tuple[Stream, ...]
    service_type: ServiceType
    status: Status
    limits: Limits = Limits()
    """In the document each limit is a field of its own."""
    settings: tuple[tuple[str, str], ...] = ()
    """What the driver declares beyond that, by name; secrets are left out."""

    @property
    def is_active(self) -> bool:
        """Whether it is to be in use."""
        return self.status is Status.ACTIVE

    def values(self) -> ProviderValues:
        """What the form of a provider would hold; without a password."""
        connection = ConnectionValues(
            driver=self.driver,
            host=self.host,
            port=self.port,
            encryption=self.encryption,
            verify_certificate=self.verify_certificate,
            username=self.username,
            settings=self.settings,
        )
        return ProviderValues(
            connection=connection,
            name=self.name,
            from_email=self.from_email,
            from_name=self.from_name,
            type=self.type,
            service_type=self.service_type,
            domains=self.domains,
            account_types=self.account_types,
            is_active=self.is_active,
            limits=self.limits,
        )

    def fields(self) -> dict[str, Any]:
        """All its fields as the document names them."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        own.pop("limits")
        settings = own.pop("settings")
        return own | asdict(self.limits) | {"settings": dict(settings)}


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that an import changes, as it was and as it will be."""

    field: str
    before: Any
    after: Any


def entry_of(provider: Provider) -> Entry:
    """A stored provider as a document holds it."""
    declared = declared_settings(provider.driver)
    return Entry(
        name=provider.name,
        type=provider.type,
        driver=provider.driver,
        host=provider.host,
        port=provider.port,
        encryption=provider.encryption,
        verify_certificate=provider.verify_certificate,
        username=provider.username,
        from_email=provider.from_email,
        from_name=provider.from_name,
        domains=tuple(provider.domains),
        account_types=tuple(Stream(word) for word in provider.account_types),
        service_type=provider.service_type,
        status=Status.ACTIVE if provider.is_active else Status.INACTIVE,
        limits=provider.limits,
        settings=tuple(sorted((k, str(v)) for k, v in provider.settings.items() if k in declared)),
    )


def tidied(entry: Entry) -> Entry:
    """The entry as the form would have stored it: no spaces around, domains in small ASCII."""
    stripped = replace(
        entry,
        name=entry.name.strip(),
        host=entry.host.strip(),
        username=entry.username.strip(),
        from_email=entry.from_email.strip(),
        from_name=entry.from_name.strip(),
        domains=tuple(dict.fromkeys(domain.strip().lower() for domain in entry.domains)),
        account_types=tuple(stream for stream in Stream if stream in entry.account_types),
    )
    cleaned = clean_values(stripped.values())
    return replace(
        stripped,
        host=cleaned.connection.host,
        port=cleaned.connection.port,
        encryption=cleaned.connection.encryption,
        settings=cleaned.connection.identity.settings,
        from_email=cleaned.from_email,
        domains=cleaned.domains,
    )


def differences(before: Entry, after: Entry) -> tuple[Difference, ...]:
    """What differs, field by field."""
    was = before.fields()
    return tuple(
        Difference(name, was[name], is_now)
        for name, is_now in after.fields().items()
        if was[name] != is_now
    )


def written(entries: Iterable[Entry], *, at: datetime | None = None) -> str:
    """The document as text, readable by people when it says when it was written."""
    providers = [entry.fields() for entry in entries]
    document: dict[str, object] = {"format": FORMAT, "version": VERSION}
    if at is None:
        return json.dumps(document | {"providers": providers}, separators=(",", ":"))
    document["exported_at"] = at.isoformat(timespec="seconds")
    return json.dumps(document | {"providers": providers}, indent=2, ensure_ascii=False) + "\n"
