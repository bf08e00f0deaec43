"""A provider as a row of the list shows it: words and colours for what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TypeAlias

from flask_babel import LazyString, gettext

from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, ProviderType
from panel.services.driver_choices import driver_label
from panel.services.provider_health import Condition
from panel.services.providers import Provider, ProviderState
from panel.web.labels import ENCRYPTIONS, PROVIDER_TYPES, STREAMS
from panel.web.provider_health import RowHealth, row_health

Text: TypeAlias = str | LazyString


@dataclass(frozen=True, slots=True)
class ProviderRow:
    """What `templates/providers/_row.html` shows."""

    id: int
    position: int | None
    """Its place in the list, or in the chain of one kind of mail; None: it is no part of it."""
    name: str
    type_label: Text
    driver_label: str
    host: str
    port: int
    username: str
    encryption_label: Text
    from_email: str
    from_name: str
    account_types: tuple[Text, ...]
    service_type: str
    is_active: bool
    is_verified: bool
    verified_at: datetime | None
    verified_by: str
    is_confirmed: bool
    confirmed_at: datetime | None
    confirmed_by: str | None
    updated_at: datetime
    health: RowHealth


def rows(
    states: Iterable[ProviderState], conditions: Mapping[int, Condition], *, is_chain: bool
) -> list[ProviderRow]:
    """The rows of a list; in the chain of one kind of mail only active ones have a place."""
    places = count(1)
    return [
        row(
            state,
            conditions[state.provider.id],
            position=next(places) if state.provider.is_active or not is_chain else None,
        )
        for state in states
        if state.provider.id in conditions
    ]


def row(state: ProviderState, condition: Condition, *, position: int | None) -> ProviderRow:
    """The row of one provider."""
    provider = state.provider
    return ProviderRow(
        id=provider.id,
        position=position,
        name=provider.name,
        type_label=PROVIDER_TYPES[provider.type],
        driver_label=driver_label(provider.driver),
        host=provider.host,
        port=provider.port,
        username=provider.username,
        encryption_label=_encryption(provider.encryption),
        from_email=provider.from_email,
        from_name=provider.from_name,
        account_types=_account_types(provider),
        service_type=provider.service_type.value,
        is_active=provider.is_active,
        is_verified=provider.is_verified,
        verified_at=provider.verified_at,
        verified_by=provider.verified_by,
        is_confirmed=provider.is_confirmed,
        confirmed_at=provider.confirmed_at,
        confirmed_by=provider.confirmed_by,
        updated_at=provider.updated_at,
        health=row_health(state, condition),
    )


def _encryption(encryption: Encryption) -> Text:
    """Without a heading beside it, `None` would say nothing."""
    if encryption is Encryption.NONE:
        return str(gettext("no encryption"))
    return ENCRYPTIONS[encryption]


def _account_types(provider: Provider) -> tuple[Text, ...]:
    if provider.type is ProviderType.CRM_API_SMTP:
        return (STREAMS[Stream.CRM],)
    chosen = tuple(label for kind, label in STREAMS.items() if kind.value in provider.account_types)
    return chosen if 0 < len(chosen) < len(STREAMS) else (gettext("All mail"),)
