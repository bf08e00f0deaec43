"""What a person enters for a provider: as typed values, and as a posted form."""

from dataclasses import replace
from typing import Any

from panel.domain.permission import EVERYTHING, ROLE_PERMISSIONS, Actor, Role
from panel.domain.provider import Encryption
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.storage.models import Provider

SECRET = "a-very-secret-password"
LOGIN = {"username": "kim", "password": SECRET}
OPERATOR = Actor(
    name="ada@house.test",
    permissions=ROLE_PERMISSIONS[Role.OPERATOR],
    scope=EVERYTHING,
    role=Role.OPERATOR,
)
SUPPORT = replace(
    OPERATOR, name="sam@house.test", permissions=ROLE_PERMISSIONS[Role.SUPPORT], role=Role.SUPPORT
)


def connection_values(**overrides: Any) -> ConnectionValues:
    """A server in clear text without login, at a port where nobody listens."""
    values: dict[str, Any] = {"host": "127.0.0.1", "port": 2599, "encryption": Encryption.NONE}
    return ConnectionValues(**(values | overrides))


def provider_values(connection: ConnectionValues | None = None, **overrides: Any) -> ProviderValues:
    """An inactive primary for all mail."""
    values: dict[str, Any] = {"name": "relay", "from_email": "post@house.test"}
    return ProviderValues(connection or connection_values(), **(values | overrides))


def values_of(provider: Provider, *, password: str = "", **overrides: Any) -> ProviderValues:
    """The values as the form of a stored provider holds them, with changes."""
    identity = provider.identity
    connection = ConnectionValues(
        driver=identity.driver,
        host=identity.host,
        port=identity.port,
        encryption=identity.encryption,
        verify_certificate=identity.verify_certificate,
        username=identity.username,
        password=password,
    )
    values = ProviderValues(
        connection=overrides.pop("connection", connection),
        name=provider.name,
        from_email=provider.from_email,
        from_name=provider.from_name,
        type=provider.type,
        service_type=provider.service_type,
        is_active=provider.is_active,
    )
    return replace(values, **overrides)


def posted_provider(**overrides: Any) -> dict[str, Any]:
    """The fields that a browser posts for an inactive provider; None leaves a field out."""
    fields: dict[str, Any] = {
        "type": "smtp",
        "driver": "smtp",
        "name": "relay",
        "host": "127.0.0.1",
        "port": "2599",
        "username": "",
        "password": "",
        "encryption": "none",
        "verify_certificate": "y",
        "from_email": "post@house.test",
        "from_name": "The House",
        "domains": "",
        "account_types": [],
        "service_type": "primary",
        "status": "inactive",
        "per_second": "",
        "per_minute": "",
        "per_hour": "",
        "per_day": "",
        "elsewhere_per_second": "",
        "elsewhere_per_minute": "",
        "elsewhere_per_hour": "",
        "elsewhere_per_day": "",
    }
    return {name: value for name, value in (fields | overrides).items() if value is not None}
