"""Which drivers a form may offer, and for which provider types."""

from __future__ import annotations

from panel.domain.provider import ProviderType
from panel.drivers import registry
from panel.drivers.registry import DriverDescription, ExtraSetting

__all__ = [
    "DriverDescription",
    "ExtraSetting",
    "declared_settings",
    "described",
    "driver_choices",
    "driver_label",
    "may_use",
    "needs_secret",
    "settings_of_driver",
]


def driver_choices() -> tuple[DriverDescription, ...]:
    """Every driver, in the order in which forms offer them."""
    return registry.descriptions()


def driver_label(name: str) -> str:
    """The driver's proper name; the given name itself for one that is not there any more."""
    return next((item.label for item in driver_choices() if item.name == name), name)


def described(name: str) -> DriverDescription | None:
    """What is told of the driver; None when there is none of that name."""
    return next((item for item in driver_choices() if item.name == name), None)


def may_use(name: str, provider_type: ProviderType | None = None) -> bool:
    """Whether there is such a driver and, where a type is given, whether it fits the type."""
    found = described(name)
    if found is None:
        return False
    return provider_type is None or provider_type in found.provider_types


def settings_of_driver(name: str) -> tuple[ExtraSetting, ...]:
    """The settings that only this driver has."""
    found = described(name)
    return found.settings if found else ()


def declared_settings(name: str) -> frozenset[str]:
    """The names of the settings that only this driver has; they hold no secrets."""
    return frozenset(item.name for item in settings_of_driver(name))


def needs_secret(name: str, username: str) -> bool:
    """Whether nothing works without a password or key: an API, or a login with a user name."""
    found = described(name)
    return bool(username) or (found is not None and found.needs_secret)
