"""What the form of a provider shows around its fields: it follows the choice that was made."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice  # type: ignore[attr-defined]  # its stubs lack it

from panel.domain.preset import Need, Preset
from panel.domain.provider import ProviderType
from panel.services.driver_choices import needs_secret
from panel.services.provider_catalogue import (
    fitting_drivers,
    needless_fields,
    preset_of,
    proposal,
)
from panel.services.providers import Provider
from panel.web.forms.provider import ProviderForm
from panel.web.preset_words import NEEDS, USER_NAME_OF_API, USER_NAMES

_SERVER = ("host", "port", "encryption", "verify_certificate", "username")
_PASSWORDS: dict[Need, LazyString] = {
    Need.APP_PASSWORD: _l("App password"),
    Need.API_KEY: _l("API key or token"),
    Need.KEY_PAIR: _l("Secret key"),
    Need.SMTP_CREDENTIALS: _l("SMTP password"),
}
_RELAY_ONLY = frozenset({Need.SMTP_CREDENTIALS, Need.SMTP_AUTH, Need.RIGHT_REGION})


@dataclass(frozen=True, slots=True)
class FormView:
    """Texts and places that depend on the known server, on the type and on the driver."""

    preset: Preset | None
    needs: tuple[LazyString, ...]
    """What has to be done at the vendor first."""
    username_hint: LazyString | None
    needless: frozenset[str]
    """Fields that this choice gives no use to."""
    is_server_folded: bool
    """The known server settles host, port and encryption, and nothing is wrong with them."""
    is_in_use: bool
    """An active provider of the house: a change of its connection has consequences."""
    is_api: bool = False
    """It is spoken to by a mail API, which a key opens."""


def form_view(form: ProviderForm, provider: Provider | None) -> FormView:
    """The view of a form; the known server is the chosen one, else the one of the host."""
    preset = preset_of(form.preset.data) or proposal(form.host.data or "")
    _narrow_drivers(form)
    is_api = needs_secret(form.driver.data or "", "")
    needs = tuple(need for need in (preset.needs if preset else ()) if _concerns(need, is_api))
    label = next((_PASSWORDS[need] for need in needs if need in _PASSWORDS), None)
    if label is None and is_api:
        label = _PASSWORDS[Need.API_KEY]
    if label is not None:
        form.password.label.text = label
    if is_api or preset is not None:
        form.username.flags.optional = False
    return FormView(
        preset=preset,
        needs=tuple(NEEDS[need] for need in needs),
        username_hint=_username_hint(preset, is_api),
        needless=_needless(form),
        is_server_folded=not is_api and _is_settled(form, preset),
        is_in_use=provider is not None and provider.is_active and provider.partner_id is None,
        is_api=is_api,
    )


def _username_hint(preset: Preset | None, is_api: bool) -> LazyString | None:  # noqa: FBT001
    if is_api:
        return USER_NAME_OF_API
    return USER_NAMES[preset.user_name] if preset else None


def _concerns(need: Need, is_api: bool) -> bool:  # noqa: FBT001
    """What is wanted for the login of its SMTP relay is not wanted for its API."""
    return not is_api or need not in _RELAY_ONLY


def _narrow_drivers(form: ProviderForm) -> None:
    """Offers the drivers that fit the chosen type; another choice of type may end one."""
    if form.type.data not in set(ProviderType):
        return
    fitting = fitting_drivers(ProviderType(form.type.data))
    form.driver.choices = [SelectChoice(item.name, item.label) for item in fitting]
    if form.driver.data not in {item.name for item in fitting} and not form.driver.errors:
        form.driver.data, form.driver.raw_data = fitting[0].name, None
        form.offer_settings({})


def _needless(form: ProviderForm) -> frozenset[str]:
    if form.type.data not in set(ProviderType):
        return frozenset()
    return needless_fields(form.driver.data or "", ProviderType(form.type.data))


def _is_settled(form: ProviderForm, preset: Preset | None) -> bool:
    if preset is None:
        return False
    is_usual = form.host.data in preset.hosts and form.port.data == preset.port
    return is_usual and not any(form[name].errors for name in _SERVER)
