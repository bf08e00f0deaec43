"""Filling the form of a provider from a known server, and leaving all else as it was typed."""

from __future__ import annotations

from wtforms import Field

from panel.domain.preset import Preset
from panel.domain.provider import ProviderType
from panel.services.driver_choices import may_use
from panel.services.provider_catalogue import driver_for, known, type_for, user_name_for
from panel.web.forms.provider import ProviderForm

_FIXED_NAMES = frozenset(item.username for item in known() if item.username)
_LABELS = frozenset(item.id for item in known())


def fill(form: ProviderForm, preset: Preset, *, wanted: ProviderType | None = None) -> None:
    """Enters what the known server settles; name and user name only where nobody typed any."""
    provider_type = type_for(preset, wanted or _type_of(form))
    _set(form.preset, preset.id)
    _set(form.type, provider_type.value)
    _set(form.driver, driver_for(preset, provider_type))
    form.offer_settings(_entered(form))
    if form.host.data not in preset.hosts:
        _set(form.host, preset.host)
    _set(form.port, preset.port)
    _set(form.encryption, preset.encryption.value)
    _set(form.verify_certificate, True)
    if not form.name.data or form.name.data in _LABELS:
        _set(form.name, preset.id)
    if not form.username.data or form.username.data in _FIXED_NAMES:
        _set(form.username, user_name_for(preset, form.from_email.data or ""))


def fill_address(form: ProviderForm, address: str) -> None:
    """Enters an address that was typed before the form was opened as From."""
    if "@" in address and not form.from_email.data:
        _set(form.from_email, address.strip())


def fill_choice(form: ProviderForm, provider_type: str, driver: str) -> None:
    """Enters a type and a driver; words that are none are passed over."""
    if provider_type in set(ProviderType):
        _set(form.type, provider_type)
    if may_use(driver):
        _set(form.driver, driver)
        form.offer_settings(_entered(form))


def _type_of(form: ProviderForm) -> ProviderType | None:
    return ProviderType(form.type.data) if form.type.data in set(ProviderType) else None


def _entered(form: ProviderForm) -> dict[str, str]:
    return {field.name: field.data or "" for field in form.settings}


def _set(field: Field, value: object) -> None:
    # A field shows what was posted before what it holds.
    field.data, field.raw_data = value, None
