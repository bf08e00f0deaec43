"""The form of the SMTP tab: a mail server in the words of whoever sets up one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, gettext
from flask_babel import lazy_gettext as _l
from wtforms import (  # type: ignore[attr-defined]  # its stubs lack SelectChoice
    BooleanField,
    Form,
    PasswordField,
    RadioField,
    SelectChoice,
    StringField,
)
from wtforms.validators import Optional

from panel.domain.provider import Encryption
from panel.services.partner_servers import Server
from panel.services.provider_checks import Errors, connection_errors, provider_errors
from panel.services.provider_values import ConnectionValues, ProviderValues
from panel.services.smtp_tab import DEFAULT_PORT, ServerValues
from panel.web.forms.provider import WholeNumberField

SECURITIES: dict[Encryption, LazyString] = {
    Encryption.NONE: _l("No encryption"),
    Encryption.SSL: _l("SSL"),
    Encryption.TLS: _l("TLS"),
}
_FIELDS = {"encryption": "security", "from_email": "email", "driver": "host", "name": "host"}
"""Where messages are shown that the services have for fields of other names."""
_NOT_OF_THE_CONNECTION = ("email", "override_reason")


def _stripped(text: str | None) -> str:
    return (text or "").strip()


class SmtpForm(Form):
    """One server of a partner; the rules are those of the house's providers."""

    host = StringField(_l("SMTP Host"), filters=[_stripped])
    port = WholeNumberField(_l("SMTP Port"), [Optional()])
    username = StringField(_l("SMTP Login"), [Optional()], filters=[_stripped])
    password = PasswordField(_l("SMTP Password"))
    email = StringField(_l("SMTP Email"), filters=[_stripped])
    security = RadioField(
        _l("SMTP Security"),
        choices=[SelectChoice(word.value, label) for word, label in SECURITIES.items()],
        default=Encryption.TLS.value,
    )
    verify_certificate = BooleanField(_l("Verify the certificate"))
    override_reason = StringField(
        _l("Activate it even if the test fails, because"), [Optional()], filters=[_stripped]
    )

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Marks every field that cannot be used, for saving."""
        super().validate(extra_validators)
        if not self.security.errors:
            values = self.values()
            # A name of its own is made where it is saved.
            self.mark(provider_errors(ProviderValues(values.connection, "-", values.email)))
        return not self.errors

    def validate_connection(self) -> bool:
        """Marks the fields that a connection test cannot use."""
        super().validate()
        for name in _NOT_OF_THE_CONNECTION:
            self[name].errors = []
        if not self.security.errors:
            self.mark(connection_errors(self.connection()))
        return not self.errors

    def mark(self, errors: Errors, values: Mapping[str, object] | None = None) -> None:
        """Shows each message of a service, translated, at its field, one at each."""
        for name, message in errors.items():
            field = self[_FIELDS.get(name, name)]
            if not field.errors:
                field.errors = [gettext(message, **(values or {}))]

    def connection(self) -> ConnectionValues:
        """The fields of the connection; only to be called when the security is valid."""
        port = self.port.data
        return ConnectionValues(
            host=self.host.data or "",
            port=DEFAULT_PORT if port is None else port,
            encryption=Encryption(self.security.data),
            verify_certificate=self.verify_certificate.data,
            username=self.username.data or "",
            password=self.password.data or "",
        )

    def values(self) -> ServerValues:
        """All fields; only to be called when the security is valid."""
        return ServerValues(self.connection(), self.email.data or "")


def smtp_form(server: Server | None) -> SmtpForm:
    """The form as the server is stored; the password never is in it."""
    if server is None:
        return SmtpForm(data={"security": Encryption.TLS.value, "verify_certificate": True})
    provider = server.provider
    return SmtpForm(
        data={
            "host": provider.host,
            "port": provider.port,
            "username": provider.username,
            "email": provider.from_email,
            "security": provider.encryption.value,
            "verify_certificate": provider.verify_certificate,
        }
    )
