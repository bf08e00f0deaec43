"""A provider as a row of the list shows it: words and colours for what is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TypeAlias

from flask_babel import LazyString, gettext

from panel.domain.breaker import BreakerState
from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, ProviderType
from panel.services.driver_choices import driver_label
from panel.services.providers import Provider, ProviderState
from panel.web.labels import ENCRYPTIONS, PROVIDER_TYPES, STREAMS

Text: TypeAlias = str | LazyString


@dataclass(frozen=True, slots=True)
class Health:
    """How a provider does: a tone (neutral, success, warning, danger), a word, and why."""

    tone: str
    label: str
    detail: str = ""


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
    health_tone: str
    health_label: str
    health_detail: str


def rows(states: Iterable[ProviderState], *, is_chain: bool) -> list[ProviderRow]:
    """The rows of a list; in the chain of one kind of mail only active ones have a place."""
    places = count(1)
    return [
        row(state, next(places) if state.provider.is_active or not is_chain else None)
        for state in states
    ]


def row(state: ProviderState, position: int | None) -> ProviderRow:
    """The row of one provider."""
    provider, health = state.provider, _health(state)
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
        health_tone=health.tone,
        health_label=health.label,
        health_detail=health.detail,
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


def _health(state: ProviderState) -> Health:
    breaker = state.breaker
    if not state.has_readable_secret:
        return Health(
            "danger",
            gettext("Password unreadable"),
            gettext("Enter the password again; until then it is left out."),
        )
    if breaker.state is BreakerState.DISABLED:
        return Health("danger", gettext("Put aside"), breaker.said)
    if breaker.state is BreakerState.OPEN:
        return Health("warning", gettext("Pausing"), _pause(breaker.retry_at, breaker.said))
    if not state.provider.is_active:
        return Health("neutral", gettext("Not in use"))
    if breaker.failures:
        return Health("warning", gettext("Shaky"), breaker.said)
    return Health("success", gettext("Healthy"))


def _pause(retry_at: datetime | None, said: str) -> str:
    if retry_at is None:
        return said
    return str(
        gettext("tries again at %(time)s UTC: %(reason)s", time=f"{retry_at:%H:%M}", reason=said)
    )
