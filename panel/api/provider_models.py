"""The JSON of providers: their order, state and health; never a user name or a secret."""

from __future__ import annotations

from datetime import datetime

from panel.api.message_models import Shown
from panel.domain.breaker import BreakerState
from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, ProviderType, ServiceType


class ProviderShown(Shown):
    """One provider."""

    position: int
    """Its place in the list, from 1."""
    id: int
    name: str
    type: ProviderType
    driver: str
    host: str
    port: int
    encryption: Encryption
    from_email: str
    from_name: str
    domains: list[str]
    """What it may send for beside the domain of `from_email`."""
    account_types: list[Stream]
    """Empty: all kinds of mail that its type can carry."""
    service_type: ServiceType
    active: bool
    verified_at: datetime | None
    """When its present connection passed a test."""
    confirmed_at: datetime | None
    """When a test mail through its present connection was seen to arrive."""
    health: BreakerState
    fault: str
    """Why it rests, as the name of a rule; empty while it does not."""
    next_try_at: datetime | None
    password_readable: bool


class ProvidersShown(Shown):
    """The whole list, primaries first."""

    version: int
    """Another one with each change of the order."""
    providers: list[ProviderShown]
