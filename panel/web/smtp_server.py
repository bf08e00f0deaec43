"""A partner's server as the SMTP tab shows it; partners read no names of the house's people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from panel.services.providers import Provider
from panel.web.forms.provider_filled import PasswordState, password_state

Names = frozenset[str] | None
"""Whose names may be read; None: everybody's."""


@dataclass(frozen=True, slots=True)
class ShownServer:
    """What `templates/partners/_smtp_state.html` shows."""

    id: int
    name: str
    is_active: bool
    is_verified: bool
    verified_at: datetime | None
    verified_by: str
    is_confirmed: bool
    confirmed_at: datetime | None
    confirmed_by: str
    updated_at: datetime


def shown_server(provider: Provider, names: Names) -> ShownServer:
    """The server for somebody who may read these names."""
    return ShownServer(
        id=provider.id,
        name=provider.name,
        is_active=provider.is_active,
        is_verified=provider.is_verified,
        verified_at=provider.verified_at,
        verified_by=_told(provider.verified_by, names),
        is_confirmed=provider.is_confirmed,
        confirmed_at=provider.confirmed_at,
        confirmed_by=_told(provider.confirmed_by or "", names),
        updated_at=provider.updated_at,
    )


def shown_password(provider: Provider | None, names: Names) -> PasswordState:
    """What is told of a stored password."""
    state = password_state(provider)
    return replace(state, changed_by=_told(state.changed_by, names))


def _told(name: str, names: Names) -> str:
    return name if names is None or name in names else ""
