"""What can be added: known servers and services, each with a driver that is registered."""

from __future__ import annotations

from panel.domain.preset import Preset, PresetKind, UserName, recognise
from panel.domain.presets import PRESETS
from panel.domain.provider import ProviderType
from panel.drivers.registry import SERVER_FIELDS, DriverKind
from panel.services.driver_choices import DriverDescription, driver_choices, may_use

__all__ = [
    "Preset",
    "PresetKind",
    "driver_for",
    "fitting_drivers",
    "known",
    "matching",
    "needless_fields",
    "other_drivers",
    "preset_of",
    "proposal",
    "type_for",
    "user_name_for",
]

_SMTP = "smtp"
"""Every vendor of the catalogue has an SMTP server, so that this driver can always be used."""


def known(kind: PresetKind | None = None) -> tuple[Preset, ...]:
    """The known servers, in the order in which the catalogue shows them."""
    return tuple(item for item in PRESETS if kind is None or item.kind is kind)


def preset_of(preset_id: str | None) -> Preset | None:
    """The known server of that id, None when there is none."""
    return next((item for item in PRESETS if item.id == preset_id), None)


def proposal(text: str) -> Preset | None:
    """The known server that an address, a domain or a host belongs to."""
    return recognise(text, PRESETS)


def matching(words: str) -> tuple[Preset, ...]:
    """The known servers for what somebody typed: part of a name, an address, a domain, a host."""
    meant, typed = proposal(words), words.strip().lower()
    named = tuple(
        item for item in PRESETS if typed in item.label.lower() and item is not meant and typed
    )
    return (meant, *named) if meant else named


def type_for(preset: Preset, wanted: ProviderType | None = None) -> ProviderType:
    """A mailbox is plain SMTP; a service API SMTP, or CRM API SMTP where that is wanted."""
    if preset.kind is PresetKind.MAILBOX:
        return ProviderType.SMTP
    return wanted if wanted is ProviderType.CRM_API_SMTP else ProviderType.API_SMTP


def user_name_for(preset: Preset, address: str) -> str:
    """What that vendor wants as user name from whoever sends as `address`; empty: it gives one."""
    if preset.user_name is UserName.FIXED:
        return preset.username
    if preset.user_name is UserName.ADDRESS:
        return address
    return address.partition("@")[0] if preset.user_name is UserName.LOCAL_PART else ""


def driver_for(preset: Preset, provider_type: ProviderType) -> str:
    """The driver for the vendor's API once it is registered, until then its SMTP relay's."""
    return preset.driver if may_use(preset.driver, provider_type) else _SMTP


def other_drivers() -> tuple[DriverDescription, ...]:
    """Registered drivers for APIs of which the catalogue knows no vendor."""
    vendors = {item.driver for item in PRESETS}
    return tuple(
        item
        for item in driver_choices()
        if item.kind is DriverKind.API and item.name not in vendors
    )


def fitting_drivers(provider_type: ProviderType) -> tuple[DriverDescription, ...]:
    """The drivers among which a provider of this type can choose."""
    return tuple(item for item in driver_choices() if provider_type in item.provider_types)


def needless_fields(driver: str, provider_type: ProviderType) -> frozenset[str]:
    """The fields of the form that this choice gives no use to."""
    needless: set[str] = set()
    described = next((item for item in driver_choices() if item.name == driver), None)
    if described is not None:
        needless |= SERVER_FIELDS - described.fields
    if len(fitting_drivers(provider_type)) < 2:
        needless.add("driver")
    if provider_type is ProviderType.CRM_API_SMTP:
        needless.add("account_types")
    return frozenset(needless)
