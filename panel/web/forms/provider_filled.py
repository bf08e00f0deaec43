"""The form of a provider filled from what is stored; the password never is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from panel.domain.provider import ProviderType, ServiceType
from panel.services.providers import Provider
from panel.services.readable import readable_domain
from panel.web.forms.provider import ACTIVE, INACTIVE, ProviderForm


@dataclass(frozen=True, slots=True)
class PasswordState:
    """What the form tells of a stored password."""

    is_stored: bool = False
    changed_at: datetime | None = None
    changed_by: str = ""


def empty_form(*, service_type: ServiceType = ServiceType.PRIMARY) -> ProviderForm:
    """The form of a new provider: tested and switched on when it is saved."""
    return ProviderForm(
        data={
            "type": ProviderType.SMTP.value,
            "port": 587,
            "verify_certificate": True,
            "service_type": service_type.value,
            "status": ACTIVE,
        }
    )


def filled_form(provider: Provider) -> ProviderForm:
    """The form as the provider is stored."""
    return ProviderForm(
        data={
            "type": provider.type.value,
            "driver": provider.driver,
            "name": provider.name,
            "host": readable_domain(provider.host),
            "port": provider.port,
            "encryption": provider.encryption.value,
            "verify_certificate": provider.verify_certificate,
            "username": provider.username,
            "settings": provider.settings or {},
            "from_email": readable_domain(provider.from_email),
            "from_name": provider.from_name,
            "domains": ", ".join(map(readable_domain, provider.domains)),
            "account_types": provider.account_types,
            "service_type": provider.service_type.value,
            "status": ACTIVE if provider.is_active else INACTIVE,
            "per_second": provider.per_second,
            "per_minute": provider.per_minute,
            "per_hour": provider.per_hour,
            "per_day": provider.per_day,
            "elsewhere_per_second": provider.elsewhere_per_second or None,
            "elsewhere_per_minute": provider.elsewhere_per_minute or None,
            "elsewhere_per_hour": provider.elsewhere_per_hour or None,
            "elsewhere_per_day": provider.elsewhere_per_day or None,
        }
    )


def password_state(provider: Provider | None) -> PasswordState:
    """Whether a password is stored, and who stored it when."""
    if provider is None or provider.secret is None:
        return PasswordState()
    return PasswordState(True, provider.secret_changed_at, provider.secret_changed_by)
