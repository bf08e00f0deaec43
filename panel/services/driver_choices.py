"""Which drivers a form may offer, and for which provider types."""

from __future__ import annotations

from panel.domain.provider import ProviderType
from panel.drivers import registry
from panel.drivers.registry import DriverDescription

__all__ = ["DriverDescription", "driver_choices", "driver_label", "may_use"]


def driver_choices() -> tuple[DriverDescription, ...]:
    """Every driver, in the order in which forms offer them."""
    return registry.descriptions()


def driver_label(name: str) -> str:
    """The driver's proper name; the given name itself for one that is not there any more."""
    return next((item.label for item in driver_choices() if item.name == name), name)


def may_use(name: str, provider_type: ProviderType | None = None) -> bool:
    """Whether there is such a driver and, where a type is given, whether it fits the type."""
    found = next((item for item in driver_choices() if item.name == name), None)
    if found is None:
        return False
    return provider_type is None or provider_type in found.provider_types


def open_settings(name: str) -> frozenset[str]:
    """The names of the settings that only this driver has and that are no secrets."""
    found = next((item for item in driver_choices() if item.name == name), None)
    settings = found.settings if found else ()
    return frozenset(setting.name for setting in settings if not setting.is_secret)
