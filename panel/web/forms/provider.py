"""The form of a provider: its fields as they are posted, and how they become typed values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import (  # type: ignore[attr-defined]  # its stubs lack SelectChoice
    BooleanField,
    Field,
    Form,
    IntegerField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.form import BaseForm
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from panel.domain.delivery import Stream
from panel.domain.provider import Encryption, Limits, ProviderType, ServiceType
from panel.services.driver_choices import driver_choices, settings_of_driver
from panel.services.provider_catalogue import PresetKind, known
from panel.services.provider_checks import Errors, connection_errors, provider_errors
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.web.forms.provider_settings import setting_field
from panel.web.labels import ENCRYPTIONS, PROVIDER_TYPES, SERVICE_TYPES, STREAMS

ACTIVE, INACTIVE = "active", "inactive"
STATUSES = {ACTIVE: _l("Active"), INACTIVE: _l("Inactive")}
CONNECTION_FIELDS = frozenset(
    {"driver", "host", "port", "username", "password", "encryption", "verify_certificate"}
)
_BETWEEN_DOMAINS = re.compile(r"[,;\s]+")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


def _choices(labels: Mapping[Any, LazyString]) -> list[SelectChoice]:
    return [SelectChoice(str(word), label) for word, label in labels.items()]


def _known_servers() -> list[SelectChoice]:
    groups = {PresetKind.MAILBOX: gettext("Mailboxes"), PresetKind.SERVICE: gettext("Services")}
    return [
        SelectChoice("", gettext("Another server")),
        *(SelectChoice(item.id, item.label, optgroup=groups[item.kind]) for item in known()),
    ]


class WholeNumberField(IntegerField):
    """A number in plain digits; what is no number stays in the field, with a message."""

    widget = TextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        """None for an empty field."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        if not (text.isascii() and text.isdigit()) or len(text) > 12:
            raise ValueError(gettext("Enter a whole number."))
        self.data = int(text)


class ProviderForm(Form):
    """Everything that can be entered for a provider; the rules are those of the services."""

    preset = SelectField(_l("Known server"), choices=_known_servers, validate_choice=False)
    type = SelectField(_l("Provider type"), choices=_choices(PROVIDER_TYPES))
    driver = SelectField(
        _l("Driver"),
        choices=lambda: [SelectChoice(item.name, item.label) for item in driver_choices()],
        default="smtp",
    )
    name = StringField(_l("Provider name"), filters=[_stripped])
    host = StringField(_l("Host"), filters=[_stripped])
    port = WholeNumberField(_l("Port"))
    encryption = RadioField(
        _l("Encryption"),
        choices=_choices(ENCRYPTIONS)[::-1],
        default=Encryption.TLS.value,
    )
    verify_certificate = BooleanField(_l("Verify the certificate"))
    username = StringField(_l("User name"), [Optional()], filters=[_stripped])
    password = PasswordField(_l("Password"))
    from_email = StringField(_l("From e-mail"), filters=[_stripped])
    from_name = StringField(_l("From name"), [Optional()], filters=[_stripped])
    override_reason = StringField(
        _l("Activate it even if the test fails, because"), [Optional()], filters=[_stripped]
    )
    domains = StringField(_l("Domains"), [Optional()], filters=[_stripped])
    account_types = SelectMultipleField(_l("Account types"), choices=_choices(STREAMS))
    service_type = RadioField(
        _l("Service type"),
        choices=_choices(SERVICE_TYPES),
        default=ServiceType.PRIMARY.value,
    )
    status = RadioField(_l("Status"), choices=_choices(STATUSES), default=INACTIVE)
    per_second = WholeNumberField(_l("Per second"))
    per_minute = WholeNumberField(_l("Per minute"))
    per_hour = WholeNumberField(_l("Per hour"))
    per_day = WholeNumberField(_l("Per day"))
    elsewhere_per_second = WholeNumberField(_l("Used per second"))
    elsewhere_per_minute = WholeNumberField(_l("Used per minute"))
    elsewhere_per_hour = WholeNumberField(_l("Used per hour"))
    elsewhere_per_day = WholeNumberField(_l("Used per day"))

    def __init__(self, formdata: MultiDict[str, str] | None = None, **kwargs: Any) -> None:
        """Holds, beside its own, the fields that the chosen driver declares."""
        super().__init__(formdata, **kwargs)
        self._settings: tuple[str, ...] = ()
        self.offer_settings((kwargs.get("data") or {}).get("settings", {}), formdata=formdata)

    def offer_settings(
        self, stored: Mapping[str, str], *, formdata: MultiDict[str, str] | None = None
    ) -> None:
        """Makes the fields of the present driver, filled from what was posted or is stored."""
        for name in self._settings:
            BaseForm.__delitem__(self, name)
        declared = settings_of_driver(self.driver.data or "")
        self._settings = tuple(item.name for item in declared)
        for item in declared:
            BaseForm.__setitem__(self, item.name, setting_field(item))
            posted = self.meta.wrap_formdata(self, formdata)
            self[item.name].process(posted, stored.get(item.name, item.usual))

    @property
    def settings(self) -> tuple[Field, ...]:
        """The fields that the chosen driver declares."""
        return tuple(self[name] for name in self._settings)

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Marks every field that cannot be used, for saving."""
        super().validate(extra_validators)
        if not self._has_bad_choice():
            self.mark(provider_errors(self.values()))
        return not self.errors

    def validate_connection(self) -> bool:
        """Marks the fields that a connection test cannot use; the others may be unfinished."""
        super().validate()
        for field in self:
            if field.name not in CONNECTION_FIELDS.union(self._settings):
                field.errors = []
        if not self._has_bad_choice():
            self.mark(connection_errors(self.connection()))
        return not self.errors

    def has_good_choices(self) -> bool:
        """Whether `values` can be called; marks nothing."""
        super().validate()
        is_good = not self._has_bad_choice()
        for field in self:
            field.errors = []
        return is_good

    def mark(self, errors: Errors, values: Mapping[str, object] | None = None) -> None:
        """Shows each message of a service, translated, at its field, one at each."""
        for name, message in errors.items():
            field = self[name]
            if not field.errors:
                field.errors = [gettext(message, **(values or {}))]

    def connection(self) -> ConnectionValues:
        """The fields of the connection; only to be called when the choices are valid."""
        return ConnectionValues(
            driver=self.driver.data,
            host=self.host.data or "",
            port=self.port.data or 0,
            encryption=Encryption(self.encryption.data),
            verify_certificate=self.verify_certificate.data,
            username=self.username.data or "",
            password=self.password.data or "",
            settings=tuple((field.name, field.data or "") for field in self.settings),
        )

    def values(self) -> ProviderValues:
        """All fields; only to be called when the choices are valid."""
        return ProviderValues(
            connection=self.connection(),
            name=self.name.data or "",
            from_email=self.from_email.data or "",
            from_name=self.from_name.data or "",
            type=ProviderType(self.type.data),
            service_type=ServiceType(self.service_type.data),
            domains=_domains(self.domains.data or ""),
            account_types=tuple(Stream(word) for word in self.account_types.data or ()),
            is_active=self.status.data == ACTIVE,
            limits=Limits(
                per_second=self.per_second.data,
                per_minute=self.per_minute.data,
                per_hour=self.per_hour.data,
                per_day=self.per_day.data,
                elsewhere_per_second=self.elsewhere_per_second.data or 0,
                elsewhere_per_minute=self.elsewhere_per_minute.data or 0,
                elsewhere_per_hour=self.elsewhere_per_hour.data or 0,
                elsewhere_per_day=self.elsewhere_per_day.data or 0,
            ),
        )

    def _has_bad_choice(self) -> bool:
        return any(
            field.errors for field in self if isinstance(field, SelectField | SelectMultipleField)
        )


def _domains(text: str) -> tuple[str, ...]:
    parts = (part.lower() for part in _BETWEEN_DOMAINS.split(text) if part)
    return tuple(dict.fromkeys(parts))
